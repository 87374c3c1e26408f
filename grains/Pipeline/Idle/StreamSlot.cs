namespace Orleans.Kpl.Pipeline.Idle;

/// <summary>
/// The place of a stream among those of its producer. It counts who uses the stream, so that it closes only while nobody does.
/// </summary>
/// <remarks>
/// A user adds one and looks at the sum: below zero the place is closed, and the user goes away. Closing swaps zero for <see cref="Closed"/> in one
/// step. So either the user was first, and the place stays open, or closing was, and the user sees it.
/// </remarks>
internal sealed class StreamSlot<TStream>(string name)
    where TStream : class
{
    /// <summary>Far enough below zero that no number of users reaches it.</summary>
    private const int Closed = int.MinValue / 2;

    private static readonly TimeSpan SoonAgain = TimeSpan.FromMinutes(5);

    private readonly Lock _making = new();
    private TaskCompletionSource _afterClosing = new();
    private int _users;
    private bool _wasUsed = true;
    private long _unusedSince;
    private long _lookedAt = long.MinValue / 2;
    private volatile TStream? _stream;

    public string Name => name;

    /// <summary>Whether the stream has been made.</summary>
    public bool HasStream => _stream is not null;

    /// <summary>The stream, once it has been made.</summary>
    public TStream Stream => _stream!;

    /// <summary>Completes when an attempt to close has ended: the place is open again, or another has taken its name.</summary>
    public Task AfterClosing => Volatile.Read(ref _afterClosing).Task;

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

    /// <summary>Marks a look at the stream. Looks within five minutes of each other use the stream; one now and then,
    /// as for the sums of a week, does not.</summary>
    public void MarkLooked(long now)
    {
        if (now - Interlocked.Exchange(ref _lookedAt, now) < SoonAgain.Ticks)
            MarkUsed();
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
        Volatile.Write(ref _afterClosing, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Interlocked.CompareExchange(ref _users, Closed, 0) == 0)
            return true;
        _afterClosing.SetResult();
        return false;
    }

    /// <summary>Takes closing back.</summary>
    public void Reopen()
    {
        Interlocked.Add(ref _users, -Closed);
        _afterClosing.SetResult();
    }

    /// <summary>Tells those who wait that the name is free.</summary>
    public void SetGone() => _afterClosing.SetResult();

    /// <summary>Makes the stream, unless somebody has made it meanwhile. Where that throws, the next caller tries again.</summary>
    public void Make(Func<string, TStream> create)
    {
        lock (_making)
            _stream ??= create(name);
    }

    /// <summary>Waits for whoever makes the stream at this instant.</summary>
    public void AwaitMaking()
    {
        lock (_making)
        {
            // Whoever makes it has left.
        }
    }
}

/// <summary>One use of a stream, which stays open until this is disposed. Disposed once.</summary>
internal readonly struct StreamUse<TStream>(StreamSlot<TStream> slot) : IDisposable
    where TStream : class
{
    public TStream Stream => slot.Stream;

    public void Dispose() => slot.Leave();
}
