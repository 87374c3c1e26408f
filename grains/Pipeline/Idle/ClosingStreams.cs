using Orleans.Kpl.Pipeline.Road;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Idle;

/// <summary>
/// Streams that close when nobody has used them for a while and they hold nothing, once <see cref="CloseIdle"/> was called. From then on whoever uses a
/// stream says so, and the stream stays open until the use is over.
/// </summary>
/// <param name="create">Makes a stream.</param>
/// <param name="time">Returns the clock of the producer, which is not made yet.</param>
internal sealed class ClosingStreams<TStream>(Func<string, TStream> create, Func<TimeProvider> time) : StreamTable(create)
    where TStream : class, IProducerStream
{
    private readonly ClosingLines _lines = new();
    private volatile IdleStreams<TStream>? _idle;

    /// <summary>How often a stream has closed because it was idle.</summary>
    public long Closed => _idle?.Closed ?? 0;

    /// <summary>
    /// From now on closes each stream that nobody has used for so long and that holds nothing; called before the first use. Each later use must be
    /// counted, by <see cref="UseAsync"/>.
    /// </summary>
    /// <param name="services">The clock, the timers and the log of the producer.</param>
    /// <param name="after">How long a stream is unused before it closes.</param>
    /// <param name="look">Says what becomes of a stream that nobody uses.</param>
    /// <param name="stop">Ends a stream.</param>
    /// <param name="release">Begins to give back the shards of a stream; null where no stream has any to give back.</param>
    public void CloseIdle(
        ProducerServices services, TimeSpan after, Func<TStream, IdleStep> look, Func<TStream, Task> stop, Action<TStream>? release = null)
    {
        _idle = new IdleStreams<TStream>(Entries, services, after, look, stop, release);
        // What was left in a backlog may have brought streams already.
        if (!Entries.IsEmpty)
            _idle.Begin();
    }

    /// <summary>Closes no more streams; completes when none is being closed. What is being closed ends once, and not in a drain.</summary>
    public Task StopClosingAsync() => _idle?.StopAsync() ?? Task.CompletedTask;

    /// <summary>Accepts a record for a stream that does not close meanwhile; once accepted, the record itself keeps it open.</summary>
    public override ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        if (_idle is null)
            return base.EnqueueAsync(stream, record, options, cancellationToken);
        if (TryUseNow(stream) is not { } use)
            return EnqueueInTurnAsync(stream, record, options, cancellationToken);
        try
        {
            return LeaveAfter(use.Slot.Stream.EnqueueAsync(record, options, cancellationToken), use);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    public override ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        if (_idle is null)
            return base.EnqueueAsync(stream, records, options, cancellationToken);
        if (TryUseNow(stream) is not { } use)
            return EnqueueInTurnAsync(stream, records, options, cancellationToken);
        try
        {
            return LeaveAfter(use.Slot.Stream.EnqueueAsync(records, options, cancellationToken), use);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Uses the stream of that name, which is created at its first use: it does not close until the use is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public async ValueTask<StreamUse<TStream>> UseAsync(string stream, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var slot = (StreamSlot)GetEntry(stream);
            if (slot.TryEnter())
                return new StreamUse<TStream>(slot);
            // It closes at this instant: a moment later the name is free, or the stream stays.
            await slot.Settled.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the stream of that name, which is created if need be, also while the producer drains.</summary>
    public TStream Recover(string stream) => (TStream)GetEntry(stream, mayDrain: true).Stream;

    /// <summary>Uses the stream of that name if it is there, stays, and nobody stands in line for it; null otherwise.</summary>
    public StreamUse<TStream>? TryUseNow(string? stream) => IsClosed || stream is null || _lines.Has(stream) ? null : TryUse(stream);

    /// <summary>Uses the stream of that name if it is there and stays; null otherwise.</summary>
    public StreamUse<TStream>? TryUse(string stream) =>
        Entries.TryGetValue(stream, out var found) && (StreamSlot)found is var slot && slot.TryEnter() ? new StreamUse<TStream>(slot) : null;

    /// <summary>Lets the time without use of a stream begin anew, where there is one of that name.</summary>
    public void MarkUsed(string stream)
    {
        if (Entries.TryGetValue(stream, out var found))
            ((StreamSlot)found).MarkUsed();
    }

    /// <summary>Notes that somebody looks at a stream's load: who does so again and again keeps it open, and so what was observed.</summary>
    public void MarkLooked(string stream, long now)
    {
        if (Entries.TryGetValue(stream, out var found))
            ((StreamSlot)found).MarkLooked(now);
    }

    /// <summary>
    /// Has the stream of that name accept something, in the order of the calls: where the stream is being closed, they wait until it can be opened again,
    /// and later calls go behind them. Whoever gives up has put nothing, and keeps the order of those behind.
    /// </summary>
    /// <param name="accept">Accepts, with the options for what is left to wait for.</param>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    /// <exception cref="AcceptTimeoutException">The time for which the put may wait is over.</exception>
    public async ValueTask<T> AcceptInTurnAsync<T>(
        string stream, PutOptions? options, Func<TStream, PutOptions?, ValueTask<T>> accept, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsClosed, typeof(IKplProducer));
        StreamName.Check(stream);
        StreamUse<TStream> use;
        ValueTask<T> accepted;
        using var deadline = new AcceptDeadline(options?.AcceptTimeout ?? Timeout.InfiniteTimeSpan, time(), cancellationToken);
        using (var turn = _lines.Join(stream))
        {
            try
            {
                await turn.Before.WaitAsync(deadline.Token).ConfigureAwait(false);
                use = await UseAsync(stream, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (deadline.IsOver)
            {
                throw new AcceptTimeoutException(e);
            }

            accepted = Begin(use, deadline.Rest(options), accept);
        }

        return await LeaveAfterAsync(accepted, use).ConfigureAwait(false);
    }

    protected override StreamEntry NewEntry(string name, Func<string, IProducerStream> create) => new StreamSlot(name, create);

    protected override void OnAdded() => _idle?.Begin();

    /// <summary>The stream is not there yet, or is being closed.</summary>
    private ValueTask<EnqueuedRecord> EnqueueInTurnAsync(string stream, UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        AcceptInTurnAsync(stream, options, (s, left) => s.EnqueueAsync(record, left, cancellationToken), cancellationToken);

    private ValueTask<EnqueuedBatch> EnqueueInTurnAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        AcceptInTurnAsync(stream, options, (s, left) => s.EnqueueAsync(records, left, cancellationToken), cancellationToken);

    /// <summary>Begins to accept, which settles the place among other calls.</summary>
    private static ValueTask<T> Begin<T>(StreamUse<TStream> use, PutOptions? options, Func<TStream, PutOptions?, ValueTask<T>> accept)
    {
        try
        {
            return accept(use.Stream, options);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<T>(e);
        }
    }

    /// <summary>A put that waits leaves when it has been accepted.</summary>
    private static ValueTask<T> LeaveAfter<T>(ValueTask<T> accepted, StreamUse<TStream> use)
    {
        if (!accepted.IsCompleted)
            return LeaveAfterAsync(accepted, use);
        use.Dispose();
        return accepted;
    }

    private static async ValueTask<T> LeaveAfterAsync<T>(ValueTask<T> accepted, StreamUse<TStream> use)
    {
        using (use)
            return await accepted.ConfigureAwait(false);
    }
}
