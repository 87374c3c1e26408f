using System.Runtime.CompilerServices;
using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>
/// Validates records before they are accepted, one or a batch at a time. Once a part of a batch is accepted, no exception tells of the others, because the
/// caller would put the whole batch again: what is not accepted fails record by record.
/// </summary>
/// <param name="settings">The largest record that may be accepted.</param>
/// <param name="limit">Learns the record size that the stream allows; null where another component checks that later.</param>
/// <param name="acceptor">Tells whether the threads are behind.</param>
internal sealed class RecordIntake(PipelineSettings settings, IRecordLimit? limit, BatchPool batches, RecordAcceptor acceptor, Admission next)
    : Admission(next)
{
    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!PartitionKeyRule.IsFit(record.PartitionKey))
            throw RecordValidator.Explain(record, settings.MaxRecordBytes);
        var keyBytes = Encoding.UTF8.GetByteCount(record.PartitionKey);
        if (!RecordValidator.FitsSize(keyBytes, record.Data.Length, settings.MaxRecordBytes))
            return PutLargeAsync(record, keyBytes, options, cancellationToken);
        var charge = RecordValidator.Charge(keyBytes, record.ExplicitHashKey.HasValue, record.Data.Length);
        // Memory that is lent may be taken back while the record waits.
        var kept = RecordStage.IsLent(record.Data) ? new UserRecord(record.PartitionKey, record.Data.ToArray(), record.ExplicitHashKey) : record;
        return Next.AcceptAsync(kept, charge, new Offer(options), cancellationToken);
    }

    public override async ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        var prepared = batches.Rent();
        try
        {
            Refusal? over = null;
            for (int first = 0, count; first < records.Count; first += count)
            {
                count = records.PartFrom(first, batch.MayBeSplit ? settings.MostAtOnce : (int.MaxValue, long.MaxValue), out var largest);
                // A caller that gave up gets no further part accepted, though there may be memory again.
                if (over is null && batch.HasAccepted && cancellationToken.IsCancellationRequested)
                    over = Refusal.GaveUp;
                if (over is null && limit is { IsUnknown: true } && largest > settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes)
                    over = await Refusal.WhyNotAsync(limit.KnownAsync().WaitAsync(cancellationToken), batch).ConfigureAwait(false);
                records.ReadInto(prepared, first, count, over is null ? settings.MaxRecordBytes : RecordValidator.NoLimit, batch);
                if (over is not null)
                    prepared.EndAll(batch, over);
                else if (prepared.Count > 0)
                    over = await Next.AcceptAsync(prepared, batch, new Offer(options), cancellationToken).ConfigureAwait(false);
            }

            batch.AllHandedOver();
        }
        finally
        {
            batches.Return(prepared);
        }

        if (acceptor.Sender is { HasUnstartedCalls: true })
            await new YieldToThreadPool();
    }

    /// <summary>Holds back a record above the known size limit until the limit of the stream is known, and was not raised lately.</summary>
    private async ValueTask<EnqueuedRecord> PutLargeAsync(UserRecord record, int keyBytes, PutOptions? options, CancellationToken cancellationToken)
    {
        if (limit is { IsUnknown: true })
            await limit.KnownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!RecordValidator.FitsSize(keyBytes, record.Data.Length, settings.MaxRecordBytes))
            throw RecordValidator.Explain(record, settings.MaxRecordBytes);
        return await PutAsync(record, options, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>
/// When awaited, lets all work that is queued to the thread pool go first. Unlike a yield it does not return to the caller's context.
/// </summary>
internal readonly struct YieldToThreadPool : INotifyCompletion
{
    public bool IsCompleted => false;

    public YieldToThreadPool GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static c => c(), continuation, preferLocal: false);
}

/// <summary>
/// Accepts records that are valid and whose memory is reserved: counts them, creates the promise for their caller, and passes them on.
/// </summary>
/// <param name="route">Where records go whose offer says nothing else.</param>
internal sealed class RecordAcceptor(
    PipelineSettings settings, MonotonicClock clock, IRoadEvents events, LedgerCounters ledger, FlushBarrier barrier, IRoute route)
{
    /// <summary>Told of each arrival, after its records went on their way; null for nobody.</summary>
    public Action<long>? Arrived { get; init; }

    /// <summary>Tells whether calls wait for a thread; null where a transport of its own makes the calls.</summary>
    public StreamSender? Sender { get; init; }

    public Promises Promises { get; init; } = Promises.Plain;

    /// <summary>Whether the hash keys of partition keys are needed.</summary>
    public bool HashesKeys { get; init; } = true;

    public EnqueuedRecord Accept(in UserRecord record, in Offer offer)
    {
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        key = key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)];
        var terms = CountIn(1, offer);
        var single = IsAnswered(offer.Options) ? Promises.NewSingle(terms) : null;
        var incoming = new IncomingRecord
        {
            PartitionKey = key,
            HashKey = offer.HashKey ?? record.ExplicitHashKey ?? (HashesKeys ? HashKey.OfPartitionKey(key) : default),
            HasExplicitHashKey = record.ExplicitHashKey.HasValue,
            Data = record.Data.Span,
            Member = new MemberRef((OutcomeSink?)single ?? Promises.NewAccepted(terms), 0),
        };
        (offer.Route ?? route).Route(incoming);
        Arrived?.Invoke(terms.AcceptedAt);
        return new EnqueuedRecord(single?.Delivery ?? AcceptedOutcome.Delivery);
    }

    public void Accept(PreparedBatch prepared, IBatchOutcomes batch, in Offer offer)
    {
        var terms = CountIn(prepared.Count, offer);
        batch.HasAccepted = true;
        var isAnswered = IsAnswered(offer.Options);
        prepared.Sink = isAnswered ? batch.NewPart(prepared.Count, terms) : Promises.NewAccepted(terms);
        if (!isAnswered)
            prepared.EndAll(batch, refused: null);

        (offer.Route ?? route).Route(prepared);
        Arrived?.Invoke(terms.AcceptedAt);
    }

    private AcceptanceTerms CountIn(int count, in Offer offer)
    {
        var (now, options) = (clock.Now, offer.Options);
        ledger.Accepted(count);
        events.Received(count);
        return new AcceptanceTerms(
            barrier.Enter(count), now, now + (options?.TimeToLive?.Ticks ?? settings.Ttl), options?.Immediate ?? false, offer.Rider,
            IsAlone: options?.Alone ?? false);
    }

    /// <summary>Whether a caller waits for the outcome of the records.</summary>
    private bool IsAnswered(PutOptions? options) => (options?.AckLevel ?? settings.Options.AckLevel) != AckLevel.Accepted;
}
