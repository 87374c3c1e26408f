using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// The streams of a producer, by name: each comes to life at its first use. Whoever uses a stream says so, and it stays until the use is over. Once
/// <see cref="CloseIdle"/> was called, one that nobody has used for a while and that holds nothing closes.
/// </summary>
/// <param name="create">Makes a stream. Where it throws, the next use tries again.</param>
/// <param name="time">Returns the clock of the producer, which is not made yet.</param>
/// <param name="isOrdered">Whether puts of a stream keep the order of their calls.</param>
internal sealed class ProducerStreams<TStream>(Func<string, TStream> create, Func<TimeProvider> time, Func<string, bool> isOrdered)
    where TStream : class, IOpenStream
{
    private readonly ConcurrentDictionary<string, StreamSlot<TStream>> _slots = new(StringComparer.Ordinal);
    private readonly ClosingQueues _queues = new();
    // The puts that wait until they are accepted, or turned away.
    private readonly FlushBarrier _waiting = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IdleStreams<TStream>? _idle;
    private volatile bool _isClosed;

    /// <summary>Whether the producer drains or has drained, and therefore accepts nothing.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Every stream that has been made.</summary>
    public IEnumerable<TStream> All => _slots.Values.Where(static s => s.HasStream).Select(static s => s.Stream);

    /// <summary>How often a stream has closed because it was idle.</summary>
    public long Closed => _idle?.Closed ?? 0;

    /// <summary>
    /// From now on closes each stream that nobody has used for so long and that holds nothing; called before the first use.
    /// </summary>
    public void CloseIdle(
        ProducerServices services, TimeSpan after, Func<TStream, IdleStep> look, Func<TStream, Task> stop, Action<TStream>? release = null)
    {
        _idle = new IdleStreams<TStream>(_slots, services, after, look, stop, release);
        // Records left in a backlog may have brought streams already.
        if (!_slots.IsEmpty)
            _idle.Begin();
    }

    /// <summary>Closes no more idle streams; completes when none is being closed. What is being closed ends once, and not in a drain.</summary>
    public Task StopClosingAsync() => _idle?.StopAsync() ?? Task.CompletedTask;

    /// <summary>Accepts nothing any more. When it returns, <see cref="All"/> has every stream that will ever be made, but for those made in a drain.</summary>
    public void Close()
    {
        _isClosed = true;
        _closed.TrySetResult();
        // Streams that are being made are waited for: whoever ends the streams would miss them, and nobody else ends them. A put that begins now is refused.
        foreach (var slot in _slots.Values)
            slot.AwaitMaking();
    }

    /// <summary>Completes when the puts that wait now are accepted, or turned away.</summary>
    public Task AwaitPutsAsync() => _waiting.Close();

    /// <summary>Returns the stream of that name; null where it has not been made.</summary>
    public TStream? Find(string stream) => _slots.TryGetValue(stream, out var slot) && slot.HasStream ? slot.Stream : null;

    /// <summary>Returns the stream of that name, which is made at its first use.</summary>
    /// <param name="mayDrain">Whether it is made also while the producer drains.</param>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public TStream Get(string stream, bool mayDrain = false) => GetSlot(stream, mayDrain).Stream;

    /// <summary>Has the stream of that name accept a put, and does not close it meanwhile; once accepted, the records themselves keep it open.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public ValueTask<T> AcceptAsync<T, TPut>(string stream, in TPut put, PutOptions? options, CancellationToken cancellationToken)
        where TPut : struct, IPut<T>
    {
        // The stream is not there yet, is being closed, or others wait for it.
        if (_isClosed || stream is null || _queues.Has(stream) || TryUse(stream) is not { } use)
            return AcceptOnceOpenAsync<T, TPut>(stream!, put, options, cancellationToken);
        var accepted = Begin<T, TPut>(put, use, options, cancellationToken);
        if (!accepted.IsCompleted)
            return LeaveAfterAsync(accepted, use, cancellationToken);
        use.Dispose();
        return accepted;
    }

    /// <summary>Uses the stream of that name, which is made at its first use: it does not close until the use is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public async ValueTask<StreamUse<TStream>> UseAsync(string stream, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var slot = GetSlot(stream);
            if (slot.TryEnter())
                return new StreamUse<TStream>(slot);
            // The stream closes at this instant: a moment later the name is free, or the stream stays. Where its store hangs, only the producer's end helps.
            await Task.WhenAny(slot.AfterClosing, _closed.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Uses the stream of that name if it is there and stays; null otherwise.</summary>
    public StreamUse<TStream>? TryUse(string stream) =>
        _slots.TryGetValue(stream, out var slot) && slot.HasStream && slot.TryEnter() ? new StreamUse<TStream>(slot) : null;

    /// <summary>Lets the time without use of a stream begin anew, where there is one of that name.</summary>
    public void MarkUsed(string stream)
    {
        if (_slots.TryGetValue(stream, out var slot))
            slot.MarkUsed();
    }

    /// <summary>Notes that somebody looks at a stream's load: who does so again and again keeps it open, and so what was observed.</summary>
    public void MarkLooked(string stream, long now)
    {
        if (_slots.TryGetValue(stream, out var slot))
            slot.MarkLooked(now);
    }

    private StreamSlot<TStream> GetSlot(string stream, bool mayDrain = false)
    {
        ThrowIfClosed(mayDrain);
        if (stream is null || !_slots.TryGetValue(stream, out var slot))
        {
            StreamName.Check(stream!);
            slot = _slots.GetOrAdd(stream!, static name => new StreamSlot<TStream>(name));
        }

        if (!slot.HasStream)
            Make(slot, mayDrain);
        return slot;
    }

    private void Make(StreamSlot<TStream> slot, bool mayDrain)
    {
        slot.Make(name =>
        {
            // Again: the producer may have been closed since, and its streams been ended.
            ThrowIfClosed(mayDrain);
            return OwnFlow.Run(() => create(name));
        });
        _idle?.Begin();
    }

    private void ThrowIfClosed(bool mayDrain = false) => ObjectDisposedException.ThrowIf(_isClosed && !mayDrain, typeof(IKplProducer));

    /// <summary>
    /// Accepts once the stream can be opened again, where it is being closed: on an ordered stream in the order of the calls, with later ones behind them.
    /// Whoever gives up has put nothing, and keeps the order of those behind.
    /// </summary>
    /// <remarks>Without order nobody stands in line: callers that put again as soon as they have put would keep the line, and go one at a time.</remarks>
    /// <exception cref="AcceptTimeoutException">The time for which the put may wait is over.</exception>
    private async ValueTask<T> AcceptOnceOpenAsync<T, TPut>(string stream, TPut put, PutOptions? options, CancellationToken cancellationToken)
        where TPut : struct, IPut<T>
    {
        ThrowIfClosed();
        StreamName.Check(stream);
        StreamUse<TStream> use;
        ValueTask<T> accepted;
        using var deadline = new AcceptDeadline(options?.AcceptTimeout ?? Timeout.InfiniteTimeSpan, time(), cancellationToken);
        using (var waiting = isOrdered(stream) ? _queues.Join(stream) : null)
        {
            try
            {
                await (waiting?.Before ?? Task.CompletedTask).WaitAsync(deadline.Token).ConfigureAwait(false);
                use = await UseAsync(stream, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e)
            {
                throw deadline.IsOver ? new AcceptTimeoutException(e) : new OperationCanceledException(e.Message, e, cancellationToken);
            }

            // Once it has begun, its place among the calls is settled.
            accepted = Begin<T, TPut>(put, use, deadline.Rest(options), cancellationToken);
        }

        return await LeaveAfterAsync(accepted, use, cancellationToken).ConfigureAwait(false);
    }

    private static ValueTask<T> Begin<T, TPut>(in TPut put, StreamUse<TStream> use, PutOptions? options, CancellationToken cancellationToken)
        where TPut : struct, IPut<T>
    {
        try
        {
            return put.ToAsync(use.Stream, options, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<T>(e);
        }
    }

    private async ValueTask<T> LeaveAfterAsync<T>(ValueTask<T> accepted, StreamUse<TStream> use, CancellationToken cancellationToken)
    {
        var waiting = _waiting.Enter(1);
        try
        {
            using (use)
                return await accepted.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested && e.CancellationToken != cancellationToken)
        {
            // Some links wait with tokens of their own, and a caller tells its cancellation from others by its token.
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        finally
        {
            waiting.Leave(1);
        }
    }
}
