using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// Keeps records of an ordered stream that are not persisted from overtaking records that wait in the store: they are accepted only when the store is
/// empty, and fail when their time-to-live ends before. On a stream that spills, and where persistence is requested, such records go through the store
/// instead.
/// </summary>
/// <remarks>One put at a time is here: the others queue before it, in the order of their calls.</remarks>
internal sealed class BehindBacklog(StreamBacklog backlog, PipelineSettings settings, BatchPool batches, TimeProvider time, Admission next) : Admission(next)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private static readonly Refusal Expired = new(
        RecordErrorCodes.Expired, "older records of the stream wait in the backlog, and the time-to-live ended before they were sent; nothing was accepted");

    private volatile string? _closed;

    /// <summary>The token of the put that was let through last. If it still waits, it does not wait for the backlog.</summary>
    public CancellationToken LastLetThrough { get; private set; }

    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        if (Holds(options))
            return PutWhenFreeAsync(record, options, cancellationToken);
        LastLetThrough = cancellationToken;
        return Next.PutAsync(record, options, cancellationToken);
    }

    public override async ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        if (await IsFreeInTimeAsync(options, cancellationToken).ConfigureAwait(false))
            await Next.PutAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
        else
            EndAll(records, batch);
    }

    public override void Close(string reason)
    {
        _closed = reason;
        Next.Close(reason);
    }

    /// <summary>Whether records of such a put must wait. Those in the backlog came through here too: while a caller is inside, no more are added.</summary>
    public bool Holds(PutOptions? options) => MayHold(options) && backlog.State.MustGoBehind;

    /// <summary>Whether records of such a put may have to wait.</summary>
    public bool MayHold(PutOptions? options) => BacklogAdmission.UseOf(settings, options) == BacklogUse.None && !backlog.State.IsStopped;

    /// <summary>How long a put may wait here: its time-to-live, 24 days at most.</summary>
    public TimeSpan LimitOf(PutOptions? options) => options?.TimeToLive ?? TimeSpan.FromTicks(settings.Ttl);

    /// <summary>Returns a record whose time-to-live ended before it was accepted.</summary>
    public static EnqueuedRecord Expire(in UserRecord record) => Expired.Refuse(record);

    /// <summary>Ends a batch whose time-to-live ended before any of it was read.</summary>
    public void EndAll<TSource>(TSource records, IBatchOutcomes batch)
        where TSource : IRecordSource
    {
        var prepared = batches.Rent();
        for (int first = 0, count; first < records.Count; first += count)
        {
            count = records.PartFrom(first, (int.MaxValue, long.MaxValue), out _);
            records.ReadInto(prepared, first, count, RecordValidator.NoLimit, batch);
            prepared.EndAll(batch, Expired);
        }

        batches.Return(prepared);
        batch.AllHandedOver();
    }

    private async ValueTask<EnqueuedRecord> PutWhenFreeAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        await IsFreeInTimeAsync(options, cancellationToken).ConfigureAwait(false)
            ? await Next.PutAsync(record, options, cancellationToken).ConfigureAwait(false)
            : Expire(record);

    private async ValueTask<bool> IsFreeInTimeAsync(PutOptions? options, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (Holds(options))
        {
            if (_closed is { } reason)
                throw new ObjectDisposedException(nameof(IKplProducer), reason);
            if (time.GetElapsedTime(since) >= LimitOf(options))
                return false;
            await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(false);
        }

        LastLetThrough = cancellationToken;
        return true;
    }
}

/// <summary>
/// Limits how long a put queues behind one that waits for the backlog: to its time-to-live, counted from the call. Callers of an ordered stream do not
/// overtake each other, so without the limit each put would wait for as long as all puts before it, even one that the backlog takes.
/// </summary>
/// <param name="isBusy">Whether a put that comes now has to queue.</param>
internal sealed class BehindBacklogLimit(BehindBacklog behind, Func<bool> isBusy, TimeProvider time, Admission next) : Admission(next)
{
    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        isBusy() && behind.MayHold(options) ? PutWithinAsync(record, options, cancellationToken) : Next.PutAsync(record, options, cancellationToken);

    public override ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        isBusy() && behind.MayHold(options)
            ? PutWithinAsync(records, batch, options, cancellationToken)
            : Next.PutAsync(records, batch, options, cancellationToken);

    private async ValueTask PutWithinAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        using var wait = new Wait(behind, options, time, cancellationToken);
        try
        {
            await Next.PutAsync(records, batch, options, wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (wait.IsOver)
        {
            behind.EndAll(records, batch);
        }
    }

    private async ValueTask<EnqueuedRecord> PutWithinAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        using var wait = new Wait(behind, options, time, cancellationToken);
        try
        {
            return await Next.PutAsync(record, options, wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (wait.IsOver)
        {
            return BehindBacklog.Expire(record);
        }
    }

    /// <summary>The wait of one put. It ends after the time-to-live, as soon as records wait in the store; waits for anything else have no limit.</summary>
    private sealed class Wait : IDisposable
    {
        private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

        // Not disposed: it has no timer, and a look may be under way.
        private readonly CancellationTokenSource _source = new();
        private readonly CancellationTokenRegistration _caller;
        private readonly BehindBacklog _behind;
        private readonly PutOptions? _options;
        private readonly ITimer _timer;

        public Wait(BehindBacklog behind, PutOptions? options, TimeProvider time, CancellationToken caller)
        {
            (_behind, _options) = (behind, options);
            _caller = caller.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _source);
            _timer = time.CreateTimer(static w => ((Wait)w!).Look(), this, behind.LimitOf(options), LookEvery);
        }

        public CancellationToken Token => _source.Token;

        /// <summary>Whether it was ended because of its time-to-live.</summary>
        public bool IsOver { get; private set; }

        public void Dispose()
        {
            _timer.Dispose();
            _caller.Dispose();
        }

        private void Look()
        {
            if (_source.IsCancellationRequested || !_behind.Holds(_options) || _behind.LastLetThrough == Token)
                return;
            IsOver = true;
            _source.Cancel();
        }
    }
}
