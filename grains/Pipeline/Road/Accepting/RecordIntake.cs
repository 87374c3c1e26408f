using System.Runtime.CompilerServices;
using System.Text;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Hashing;
using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>Validates records and reserves memory for them, for one record or a whole batch at a time, before they are accepted.</summary>
/// <param name="settings">The largest record that may be accepted, and what a full memory means.</param>
/// <param name="memory">Reserves memory.</param>
/// <param name="limit">Learns the record size that the stream allows; null where another component checks that later.</param>
/// <param name="services">What the producer's streams share.</param>
/// <param name="taker">Accepts records that are valid and whose memory is reserved.</param>
/// <param name="horizon">Holds back records whose shard is full; null where records are not routed here.</param>
internal sealed class RecordIntake(
    PipelineSettings settings, MemoryGate memory, RecordLimit? limit, ProducerServices services, IRecordTaker taker, HorizonGate? horizon)
{
    private readonly BatchIntake _batches = new(settings, memory, limit, services, taker, horizon);

    private readonly LongBatchIntake? _long = horizon is null
        ? null : new(settings, limit, services.Batches, taker, horizon, new WholeBatchIntake(settings, memory, taker, horizon));

    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!RecordValidator.HasFitKey(record))
            throw RecordValidator.Explain(record, settings.MaxRecordBytes);
        var keyBytes = Encoding.UTF8.GetByteCount(record.PartitionKey);
        if (!RecordValidator.FitsSize(keyBytes, record.Data.Length, settings.MaxRecordBytes))
            return EnqueueLargeAsync(record, keyBytes, options, cancellationToken);

        var charge = RecordValidator.Charge(keyBytes, record.ExplicitHashKey.HasValue, record.Data.Length);
        return horizon is not null && horizon.MayHold(options)
            ? EnqueueWithinHorizon(record, keyBytes, charge, options, cancellationToken)
            : EnqueueWithinMemory(record, hashKey: null, charge, options, cancellationToken);
    }

    public async ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        var batch = new BatchOutcome(records.Length);
        await EnqueueAsync(new UserRecordSource(records, hashesKeys: horizon is not null), batch, options, cancellationToken).ConfigureAwait(false);
        return batch;
    }

    /// <summary>Accepts a batch part by part, or whole; the outcomes go to the batch.</summary>
    public ValueTask EnqueueAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource => _long is not null && batch.IsWhole && records.PartFrom(0) < records.Count
            ? _long.EnqueueAsync(records, batch, options, cancellationToken)
            : _batches.EnqueueAsync(records, batch, options, cancellationToken);

    private ValueTask<EnqueuedRecord> EnqueueWithinMemory(
        in UserRecord record, UInt128? hashKey, long charge, PutOptions? options, CancellationToken cancellationToken)
    {
        if (memory.TryReserve(charge, 1, options))
        {
            var accepted = taker.Accept(record, options, spills: false, hashKey);
            return taker.HasUnstartedCalls ? LetSendAsync(accepted) : new ValueTask<EnqueuedRecord>(accepted);
        }

        return settings.Options.HighWaterMode == HighWaterMode.Drop
            ? new ValueTask<EnqueuedRecord>(Refuse(record, Refusal.MemoryFull))
            : EnqueueWhenFreeAsync(record, hashKey, charge, options, cancellationToken);
    }

    private ValueTask<EnqueuedRecord> EnqueueWithinHorizon(
        in UserRecord record, int keyBytes, long charge, PutOptions? options, CancellationToken cancellationToken)
    {
        var hashKey = RecordHash.Of(record);
        if (horizon!.Find(hashKey, options) is null)
            return EnqueueWithinMemory(record, hashKey, charge, options, cancellationToken);
        switch (settings.Options.HighWaterMode)
        {
            case HighWaterMode.Drop:
                return new ValueTask<EnqueuedRecord>(Refuse(record, Refusal.ShardFull));
            case HighWaterMode.Spill when memory.TryReserveSpill(charge, 1, options):
                return new ValueTask<EnqueuedRecord>(taker.Accept(record, options, spills: true, hashKey));
            default:
                return EnqueueWhenShardIsFreeAsync(record, hashKey, keyBytes, charge, options, cancellationToken);
        }
    }

    /// <summary>
    /// Where records arrive faster than the processors send them, lets the calls that are ready go before the caller continues.
    /// Otherwise the caller would fill all the memory first, and each call would find its records out of the caches.
    /// </summary>
    private static async ValueTask<EnqueuedRecord> LetSendAsync(EnqueuedRecord accepted)
    {
        await new YieldToThreadPool();
        return accepted;
    }

    private async ValueTask<EnqueuedRecord> EnqueueWhenFreeAsync(
        UserRecord record, UInt128? hashKey, long charge, PutOptions? options, CancellationToken cancellationToken)
    {
        var spills = await memory.ReserveAsync(charge, 1, options, cancellationToken).ConfigureAwait(false);
        return taker.Accept(record, options, spills, hashKey);
    }

    private async ValueTask<EnqueuedRecord> EnqueueWhenShardIsFreeAsync(
        UserRecord record, UInt128 hashKey, int keyBytes, long charge, PutOptions? options, CancellationToken cancellationToken)
    {
        using var permit = await horizon!.EnterAsync(hashKey, keyBytes + record.Data.Length, 1, options, mustFit: false, cancellationToken)
            .ConfigureAwait(false);
        return await EnqueueWhenFreeAsync(record, hashKey, charge, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Holds back a record above the known size limit until the limit of the stream is known.</summary>
    private async ValueTask<EnqueuedRecord> EnqueueLargeAsync(UserRecord record, int keyBytes, PutOptions? options, CancellationToken cancellationToken)
    {
        if (limit is { IsUnknown: true })
            await limit.KnownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!RecordValidator.FitsSize(keyBytes, record.Data.Length, settings.MaxRecordBytes))
            throw RecordValidator.Explain(record, settings.MaxRecordBytes);
        return await EnqueueAsync(record, options, cancellationToken).ConfigureAwait(false);
    }

    private static EnqueuedRecord Refuse(in UserRecord record, Refusal why) =>
        new(Task.FromResult(RecordResult.NotDelivered(RecordStatus.Failed, why.Code, why.Message, record)));
}

/// <summary>Validates the options of one put.</summary>
internal static class PutOptionsValidator
{
    /// <summary>Checks the options of one put, before anything is accepted.</summary>
    /// <exception cref="NotSupportedException">The options ask for the backlog, and there is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static void Check(PutOptions? options, bool hasBacklog)
    {
        if (options?.AckLevel == AckLevel.Persisted && !hasBacklog)
            throw new NotSupportedException("AckLevel Persisted needs the durable backlog, and this process was started without one: Kpl:Backlog:Directory names a folder for it, and --data of the local tier");
        if (options?.TimeToLive is { } ttl && (ttl < TimeSpan.FromMilliseconds(1) || ttl > TimeSpan.FromDays(24)))
            throw new ArgumentOutOfRangeException(nameof(options), ttl, "TimeToLive must be 1 millisecond to 24 days");
    }
}

/// <summary>
/// When awaited, lets all work that is queued to the thread pool go first. Unlike a yield it does not return to the caller's context.
/// </summary>
internal readonly struct YieldToThreadPool : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public YieldToThreadPool GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static c => c(), continuation, preferLocal: false);

    public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static c => c(), continuation, preferLocal: false);
}

/// <summary>Accepts records that are valid and whose memory is reserved.</summary>
internal interface IRecordTaker
{
    /// <summary>Whether calls are ready to be sent that no thread has started yet.</summary>
    bool HasUnstartedCalls { get; }

    /// <param name="options">What the caller of the put asked for.</param>
    /// <param name="spills">Whether the record goes to the backlog, because memory is full.</param>
    /// <param name="hashKey">The record's hash key where it is known already.</param>
    EnqueuedRecord Accept(in UserRecord record, PutOptions? options, bool spills, UInt128? hashKey = null);

    /// <summary>Accepts the records of a batch, whose memory is reserved.</summary>
    void Accept(PreparedBatch prepared, IBatchOutcomes batch, PutOptions? options, bool spills);
}

/// <summary>
/// Accepts records that are valid and whose memory is reserved: counts them, creates the promise for their caller, and passes them to the
/// backlog or the router.
/// </summary>
internal sealed class RecordAcceptor(
    string stream, PipelineSettings settings, PipelineServices services, LedgerCounters ledger, FlushBarrier barrier, StreamBacklog? backlog,
    RecordRouter router, MapUpkeep map, StreamSender sender) : IRecordTaker
{
    public bool HasUnstartedCalls => sender.HasUnstartedCalls;

    public EnqueuedRecord Accept(in UserRecord record, PutOptions? options, bool spills, UInt128? hashKey = null)
    {
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        key = key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)];
        var terms = CountIn(1, options);
        var single = IsAnswered(options) ? SingleOutcome.For(terms) : null;
        var incoming = new IncomingRecord
        {
            PartitionKey = key,
            HashKey = hashKey ?? record.ExplicitHashKey ?? HashKey.OfPartitionKey(key),
            HasExplicitHashKey = record.ExplicitHashKey.HasValue,
            Data = record.Data.Span,
            Member = new MemberRef((OutcomeSink?)single ?? AcceptedOutcome.For(terms), 0),
        };
        if (!(spills || GoesToBacklog(options)) || !backlog!.TryTake(incoming, spills))
            router.Route(incoming);
        map.EnsureFresh(terms.AcceptedAt);
        return new EnqueuedRecord(single?.Delivery ?? AcceptedOutcome.Delivery);
    }

    public void Accept(PreparedBatch prepared, IBatchOutcomes batch, PutOptions? options, bool spills)
    {
        var terms = CountIn(prepared.Count, options);
        batch.HasAccepted = true;
        if (IsAnswered(options))
        {
            prepared.AcceptedFor(batch.NewPart(prepared.Count, terms));
        }
        else
        {
            prepared.AcceptedFor(AcceptedOutcome.For(terms));
            prepared.AnswerAll(batch, AcceptedOutcome.Result);
        }

        if (!(spills || GoesToBacklog(options)) || !backlog!.TryTake(prepared, spills))
            router.Route(prepared);
        map.EnsureFresh(terms.AcceptedAt);
    }

    /// <summary>How records that are put with these options use the backlog.</summary>
    public BacklogUse UseOf(PutOptions? options) => backlog is null ? BacklogUse.None
        : LevelOf(options) == AckLevel.Persisted ? BacklogUse.Asked
        : settings.Options.HighWaterMode == HighWaterMode.Spill && options is not { NeverSpills: true } ? BacklogUse.InNeed : BacklogUse.None;

    private AcceptanceTerms CountIn(int count, PutOptions? options)
    {
        var now = services.Clock.Now;
        ledger.Accepted(count);
        services.Instruments.Received(stream, count);
        return new AcceptanceTerms(
            barrier.Enter(count), now, now + (options?.TimeToLive?.Ticks ?? settings.Ttl), options?.Immediate ?? false, backlog?.RiderOf(UseOf(options)),
            IsAlone: options?.Alone ?? false);
    }

    /// <summary>
    /// Whether records are written to the backlog before they are routed. Records that are not to be persisted have already waited for
    /// the stored ones: see <see cref="BehindBacklog"/>.
    /// </summary>
    private bool GoesToBacklog(PutOptions? options) => UseOf(options) switch
    {
        BacklogUse.Asked => true,
        BacklogUse.InNeed => backlog!.MustGoBehind,
        _ => false,
    };

    private AckLevel LevelOf(PutOptions? options) => options?.AckLevel ?? settings.Options.AckLevel;

    /// <summary>Whether a caller waits for the outcome of the records.</summary>
    private bool IsAnswered(PutOptions? options) => LevelOf(options) != AckLevel.Accepted;
}
