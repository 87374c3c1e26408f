using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>A batch of a client: the outcomes of its records go to the session under the client's own numbers.</summary>
/// <remarks>
/// What is known of single records before the batch is accepted, that one is invalid for instance, is told with its acceptance. A refused
/// batch comes again, and would be told of them again.
/// </remarks>
internal sealed class SessionBatch(ClientSession session, ClientBatch batch) : IBatchOutcomes
{
    private readonly TraceRuns? _traces = TraceRuns.Read(batch.Traces);
    private List<(long Record, RecordResult Result)>? _early;
    private bool _isAccepted;
    private int _elsewhere;

    /// <summary>How many of the records other silos send, as far as they were routed by now.</summary>
    public int Elsewhere => Volatile.Read(ref _elsewhere);

    public bool HasAccepted { get; set; }

    /// <summary>Always: a batch that finds no memory, or a full shard, is refused, and the client gives it to another silo or sends it again.</summary>
    public bool IsWhole => true;

    /// <summary>Drops the record itself, since the client has it: it is charged to no memory limit here, and holds the bytes of its whole message.</summary>
    public void End(int index, in RecordResult result)
    {
        var end = (batch.FirstRecord + index, result.WithoutRecord());
        if (_isAccepted)
            session.Ended([end]);
        else
            (_early ??= []).Add(end);
    }

    public OutcomeSink NewPart(int count, in AcceptanceTerms terms) => new SessionPart(session, this, batch.FirstRecord, _traces, terms);

    /// <summary>Counts records that other silos send.</summary>
    public void SentElsewhere(int count) => Interlocked.Add(ref _elsewhere, count);

    public void AllHandedOver()
    {
        _isAccepted = true;
        if (_early is not null)
            session.Ended(CollectionsMarshal.AsSpan(_early));
        _early = null;
    }
}

/// <summary>The records of such a batch that were accepted at the same instant.</summary>
internal sealed class SessionPart(ClientSession session, SessionBatch batch, long firstRecord, TraceRuns? traces, in AcceptanceTerms terms)
    : OutcomeSink(terms), ITracedSink, ISentElsewhere
{
    public ActivityContext SpanOf(int index) => traces?.At(index) ?? default;

    /// <summary>Drops a failed record itself, since the client has it.</summary>
    public override void SetResult(int index, in RecordResult result) => OutcomeRun.Add(firstRecord + index, result.WithoutRecord());

    public override void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result);
        result.LetGo();
    }

    public void SentElsewhere(int count) => batch.SentElsewhere(count);

    public override void Complete(int count)
    {
        var run = OutcomeRun.Take();
        session.Ended(CollectionsMarshal.AsSpan(run));
        OutcomeRun.Return(run);
    }
}
