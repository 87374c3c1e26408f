using System.Text;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Hashing;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Accepting;

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
            barrier.Enter(count), now, now + (options?.TimeToLive?.Ticks ?? settings.Ttl), options?.Immediate ?? false, UseOf(options),
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
