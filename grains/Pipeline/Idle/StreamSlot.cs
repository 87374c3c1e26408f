using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Pipeline.Idle;

/// <summary>One stream of a producer, as far as every producer treats its streams alike.</summary>
internal interface IProducerStream
{
    /// <summary>Accepts a record; it does not close meanwhile.</summary>
    ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>Accepts a batch; it does not close meanwhile.</summary>
    ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>When the oldest record that has no outcome yet was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt();

    /// <summary>Sends every record accepted before this call without linger, and completes when each has its outcome.</summary>
    Task FlushAsync();

    /// <summary>Sends records that would otherwise linger, where that frees memory for a waiting caller.</summary>
    void Relieve();

    /// <summary>Rejects every caller that waits for memory.</summary>
    void RejectWaiters(Exception reason);
}

/// <summary>
/// The place of one stream in a producer. It makes the stream at its first use and counts who uses it, so that an idle stream closes only while nobody
/// does.
/// </summary>
/// <remarks>
/// A user adds one and looks at the sum: below zero the place is closed, and the user goes away. Closing swaps zero for <see cref="Closed"/> in one
/// step. So either the user was first, and the place stays open, or closing was, and the user sees it.
/// </remarks>
internal sealed class StreamSlot<
    // The use of Lazy requires this in a trimmed program; no stream is created through that constructor.
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>(string name, Func<string, TStream> create)
    where TStream : class
{
    /// <summary>Far enough below zero that no number of users reaches it.</summary>
    private const int Closed = int.MinValue / 2;

    private readonly Lazy<TStream> _stream = new(() => create(name));
    private TaskCompletionSource _settled = new();
    private int _users;
    private bool _wasUsed = true;
    private long _unusedSince;

    public string Name => name;

    public TStream Stream => _stream.Value;

    /// <summary>Whether the stream has been made.</summary>
    public bool HasStream => _stream.IsValueCreated;

    /// <summary>Completes when an attempt to close has ended: the place is open again, or another has taken its name.</summary>
    public Task Settled => Volatile.Read(ref _settled).Task;

    /// <summary>Counts a user in; false where the place is closed. Each that is counted in calls <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _users) > 0)
        {
            MarkUsed();
            return true;
        }

        Interlocked.Decrement(ref _users);
        return false;
    }

    /// <summary>Counts a user out.</summary>
    public void Leave() => Interlocked.Decrement(ref _users);

    /// <summary>Lets the time without use begin anew.</summary>
    public void MarkUsed()
    {
        // Mostly read: users of many threads do not fight for the line.
        if (!Volatile.Read(ref _wasUsed))
            Volatile.Write(ref _wasUsed, true);
    }

    /// <summary>Whether nobody has used the stream for so long; one caller at a time asks.</summary>
    public bool IsUnused(long now, long limit)
    {
        if (Volatile.Read(ref _users) != 0 || Volatile.Read(ref _wasUsed))
        {
            Volatile.Write(ref _wasUsed, false);
            _unusedSince = now;
        }

        return now - _unusedSince >= limit;
    }

    /// <summary>Closes the place unless somebody uses the stream.</summary>
    public bool TryClose()
    {
        // In place before anybody can see that it is closed.
        Volatile.Write(ref _settled, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Interlocked.CompareExchange(ref _users, Closed, 0) == 0)
            return true;
        _settled.SetResult();
        return false;
    }

    /// <summary>Takes closing back.</summary>
    public void Reopen()
    {
        Interlocked.Add(ref _users, -Closed);
        _settled.SetResult();
    }

    /// <summary>Tells those who wait that the name is free.</summary>
    public void SetGone() => _settled.SetResult();
}

/// <summary>One use of a stream, which stays open until this is disposed. Disposed once.</summary>
internal readonly struct StreamUse<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>(StreamSlot<TStream> slot) : IDisposable
    where TStream : class
{
    public TStream Stream => slot.Stream;

    public void Dispose() => slot.Leave();
}
