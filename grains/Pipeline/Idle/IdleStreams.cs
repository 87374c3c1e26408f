using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Idle;

/// <summary>
/// Closes streams that nobody has used for a while and that hold nothing: their engines, timers and shard maps go. The next use opens the stream again.
/// One that serves shards for a cluster gives them back first, and closes at a later look.
/// </summary>
/// <param name="after">How long a stream is unused before it closes. It is looked at every tenth of it, so it closes up to a tenth later.</param>
/// <param name="look">Says what becomes of a stream that nobody uses.</param>
/// <param name="stop">Ends a stream.</param>
/// <param name="release">Begins to give back the shards of a stream; null where no stream has any to give back.</param>
internal sealed class IdleStreams<TStream>(
    ConcurrentDictionary<string, StreamSlot<TStream>> slots, ProducerServices services, TimeSpan after, Func<TStream, IdleStep> look,
    Func<TStream, Task> stop, Action<TStream>? release = null) : TimerEntry
    where TStream : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StreamSlot<TStream>, Task> _closing = [];
    private volatile bool _isStopped;
    private long _closed;

    /// <summary>How often a stream has closed.</summary>
    public long Closed => Interlocked.Read(ref _closed);

    internal override int Rank => 4;

    /// <summary>Looks at the streams from now on, because there is one.</summary>
    public void Begin()
    {
        if (!_isStopped && HeapIndex < 0)
            services.Timers.Schedule(this, services.Clock.Now + after.Ticks / 10);
    }

    /// <summary>Closes no more streams; completes when none is being closed.</summary>
    public Task StopAsync()
    {
        services.Timers.Cancel(this);
        lock (_lock)
        {
            _isStopped = true;
            return Task.WhenAll(_closing.Values);
        }
    }

    internal override void OnDue(long now)
    {
        foreach (var slot in slots.Values)
        {
            try
            {
                if (slot.HasStream && slot.IsUnused(now, after.Ticks) && TryClose(slot) is { } closed)
                    _ = CloseAsync(slot, closed);
            }
            catch (Exception e)
            {
                // It stays, and is looked at again; the others are looked at all the same.
                services.Events.Unexpected($"looking at the idle stream {slot.Name}", e);
            }
        }

        if (!slots.IsEmpty)
            Begin();
    }

    /// <summary>Closes the place of a stream; null where the stream stays, perhaps only until its shards are given back.</summary>
    private TaskCompletionSource? TryClose(StreamSlot<TStream> slot)
    {
        var step = IdleStep.Stay;
        lock (_lock)
        {
            if (_isStopped || _closing.ContainsKey(slot) || !slot.TryClose())
                return null;
            try
            {
                // Looked at only now: before, a record could have come in between.
                step = look(slot.Stream);
            }
            finally
            {
                // Also where that throws: each put would wait for it without end.
                if (step != IdleStep.Close)
                    slot.Reopen();
            }

            if (step == IdleStep.Close)
            {
                var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _closing.Add(slot, closed.Task);
                return closed;
            }
        }

        // Whoever uses the stream by now has its shards opened again.
        if (step == IdleStep.Release)
            release?.Invoke(slot.Stream);
        return null;
    }

    private async Task CloseAsync(StreamSlot<TStream> slot, TaskCompletionSource closed)
    {
        try
        {
            await stop(slot.Stream).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The stream holds no record: the next use begins with a new one.
            services.Events.Unexpected($"closing the idle stream {slot.Name}", e);
        }

        Interlocked.Increment(ref _closed);
        slots.TryRemove(KeyValuePair.Create(slot.Name, slot));
        lock (_lock)
            _closing.Remove(slot);
        slot.SetGone();
        closed.SetResult();
    }
}

/// <summary>Decides what becomes of a stream of this process that nobody has used for a while.</summary>
internal static class IdleDecision
{
    /// <summary>Returns what becomes of the stream. Nobody uses it, and nobody begins to while it is looked at.</summary>
    /// <param name="isNeeded">Whether anything but its shards would be lost or forgotten.</param>
    /// <param name="servedShards">How many shards are served here for the cluster, or are being closed.</param>
    /// <param name="hostedShards">How many activations here hold one of its shards, also those that are about to end.</param>
    /// <param name="awaitsFormerOwner">Whether one of the served shards may not send yet, since a former owner might.</param>
    public static IdleStep Of(bool isNeeded, int servedShards, int hostedShards, bool awaitsFormerOwner)
    {
        if (isNeeded)
            return IdleStep.Stay;
        if (servedShards == 0)
            return hostedShards == 0 ? IdleStep.Close : IdleStep.Stay;
        // The next owner would have to wait anew.
        return awaitsFormerOwner ? IdleStep.Stay : IdleStep.Release;
    }
}

/// <summary>The next step for a stream that nobody has used for a while.</summary>
internal enum IdleStep
{
    /// <summary>It stays as it is: something would be lost or forgotten.</summary>
    Stay,

    /// <summary>It gives back the shards that it serves for the cluster. It closes at a later look.</summary>
    Release,

    /// <summary>It closes.</summary>
    Close,
}

/// <summary>When a stream counts as idle.</summary>
internal static class StreamIdling
{
    /// <summary>How long a stream is unused before it closes, in every producer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
}
