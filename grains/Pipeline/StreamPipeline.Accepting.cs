using System.Text;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline;

/// <summary>Records that are fit and have their room: they are counted in, and go into the backlog first or are routed at once.</summary>
internal sealed partial class StreamPipeline
{
    /// <summary>The durable backlog of the stream; null where the process has none.</summary>
    public StreamBacklog? Backlog { get; }

    /// <summary>Turns away who waits for room.</summary>
    public void CloseRoom(Exception reason)
    {
        _room.Close(reason);
        Backlog?.Spill?.Close(reason);
        _behind?.Close(reason);
    }

    bool IRecordTaker.HasUnstartedCalls => _sender.HasUnstartedCalls;

    EnqueuedRecord IRecordTaker.Accept(in UserRecord record, PutOptions? options, bool spills)
    {
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        key = key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)];
        var terms = CountIn(1, options);
        var single = IsAnswered(options) ? new SingleOutcome(terms) : null;
        var incoming = new IncomingRecord
        {
            PartitionKey = key,
            HashKey = record.ExplicitHashKey ?? HashKey.OfPartitionKey(key),
            HasExplicitHashKey = record.ExplicitHashKey.HasValue,
            Data = record.Data.Span,
            Member = new Member((OutcomeSink?)single ?? new AcceptedOutcome(terms), 0),
        };
        if (!(spills || GoesToBacklog(options)) || !Backlog!.TryTake(incoming, spills))
            Route(incoming);
        SeeToMap(terms.AcceptedAt);
        return new EnqueuedRecord(single?.Delivery ?? AcceptedOutcome.Delivery);
    }

    void IRecordTaker.Accept(PreparedBatch prepared, IBatchEnds batch, PutOptions? options, bool spills)
    {
        var terms = CountIn(prepared.Count, options);
        batch.HasAccepted = true;
        if (IsAnswered(options))
        {
            prepared.AcceptedFor(batch.NewPart(prepared.Count, terms));
        }
        else
        {
            prepared.AcceptedFor(new AcceptedOutcome(terms));
            prepared.AnswerAll(batch, AcceptedOutcome.Result);
        }

        if (!(spills || GoesToBacklog(options)) || !Backlog!.TryTake(prepared, spills))
            Route(prepared);
        SeeToMap(terms.AcceptedAt);
    }

    private AcceptanceTerms CountIn(int count, PutOptions? options)
    {
        var now = _services.Clock.Now;
        _accounts.Accepted(count);
        if (_services.Instruments.UserRecordsReceived.Enabled)
            _services.Instruments.UserRecordsReceived.Add(count, KplInstruments.Tags(Stream));
        return new AcceptanceTerms(_barrier.Enter(count), now, now + (options?.TimeToLive?.Ticks ?? _settings.Ttl), options?.Immediate ?? false, UseOf(options));
    }

    /// <summary>Whether records are to be written before they are routed. Those that are not to be persisted have waited for what is stored (BehindBacklog) instead.</summary>
    private bool GoesToBacklog(PutOptions? options) => UseOf(options) switch
    {
        BacklogUse.Asked => true,
        BacklogUse.InNeed => Backlog!.MustGoBehind,
        _ => false,
    };

    private BacklogUse UseOf(PutOptions? options) => Backlog is null ? BacklogUse.None
        : LevelOf(options) == AckLevel.Persisted ? BacklogUse.Asked
        : _settings.Options.HighWaterMode == HighWaterMode.Spill ? BacklogUse.InNeed : BacklogUse.None;

    private AckLevel LevelOf(PutOptions? options) => options?.AckLevel ?? _settings.Options.AckLevel;

    /// <summary>Whether somebody waits for what becomes of the records.</summary>
    private bool IsAnswered(PutOptions? options) => LevelOf(options) != AckLevel.Accepted;

    void IBatchRouter.RouteStored(PreparedBatch batch)
    {
        Route(batch);
        SeeToMap(_services.Clock.Now);
    }
}
