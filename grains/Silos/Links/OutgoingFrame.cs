using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Records for another silo: they wait for it, are being sent or were sent, until each has its outcome or has come back. Guarded by the queue or the outbox
/// that it is in.
/// </summary>
internal sealed class OutgoingFrame : OutgoingBatch
{
    private readonly FrameRun[] _runs;
    private int _unanswered;
    private Dictionary<int, AttemptChain?>? _givenBack;
    // The run of the record that was asked for last: outcomes come in runs.
    private int _run;
    private int _runStart;

    /// <param name="runs">In which horizons the records are counted; empty for none.</param>
    public OutgoingFrame(BatchContent content, FrameRun[] runs)
        : base(content)
    {
        _runs = runs;
        foreach (ref readonly var member in Members)
        {
            OldestAcceptedAt = Math.Min(OldestAcceptedAt, member.Sink.AcceptedAt);
            EarliestExpiry = Math.Min(EarliestExpiry, member.Sink.ExpiresAt);
        }
    }

    public delegate void RecordAction(in IncomingRecord record);

    public long OldestAcceptedAt { get; } = long.MaxValue;

    /// <summary>When the first of the records expires.</summary>
    public long EarliestExpiry { get; } = long.MaxValue;

    /// <summary>The tenure it belongs to, on ordered streams.</summary>
    public OwnerTenure? Tenure { get; set; }

    /// <summary>When it was given to the link.</summary>
    public long At { get; set; }

    /// <summary>Whether the owner may have it: it said so, or a call has no answer.</summary>
    public bool MayBeThere => _unanswered > 0;

    /// <summary>Whether the owner said that it has it.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>Whether a record ended without word of the owner, which may still have it.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>The number of records that came back.</summary>
    public int GivenBack { get; private set; }

    /// <summary>When the first of those expires that came back and are still here; <see cref="long.MaxValue"/> for none.</summary>
    public long EarliestBackExpiry => _givenBack?.Keys.Select(index => SinkOf(index).ExpiresAt).DefaultIfEmpty(long.MaxValue).Min() ?? long.MaxValue;

    /// <summary>Notes that a call carries it.</summary>
    public void BeginTry() => _unanswered++;

    /// <summary>Notes the answer of a call: whether the owner has it.</summary>
    public void Answered(bool isTaken)
    {
        IsTaken |= isTaken;
        if (!isTaken)
            _unanswered--;
    }

    /// <summary>Returns the horizon in which a record is counted; null for none.</summary>
    public ShardHorizon? HorizonOf(int index)
    {
        if (index < _runStart)
            (_run, _runStart) = (0, 0);
        for (; _run < _runs.Length; _runStart += _runs[_run++].Count)
        {
            if (index < _runStart + _runs[_run].Count)
                return _runs[_run].Horizon;
        }

        return null;
    }

    /// <summary>Counts a record out of its horizon: it has its outcome, or is routed again.</summary>
    public void CountOut(int index)
    {
        if (HorizonOf(index) is not { } horizon)
            return;
        var (sink, charge) = (SinkOf(index), Members[index].Charge);
        horizon.CameBack(horizon.TicksOf(charge - RecordValidator.ChargePerRecord, sink.IsAlone));
    }

    protected override void OnEnded(int index) => CountOut(index);

    /// <summary>Marks a record, which has no outcome yet, as complete although the owner has not told one.</summary>
    public void GiveUp(int index)
    {
        TryEnd(index);
        IsGivenUp |= MayBeThere;
    }

    /// <summary>Marks a record that was just completed as come back instead.</summary>
    public void GiveBack(int index, IReadOnlyList<Attempt> attempts)
    {
        var history = EarlierOf(index).History;
        foreach (var attempt in attempts)
            history = (history ?? new AttemptChain()).Then(attempt);
        (_givenBack ??= [])[index] = history;
        GivenBack++;
    }

    /// <summary>
    /// Ends records that came back and whose time-to-live is over: those before them may be under way at the former owner for much longer.
    /// </summary>
    /// <param name="at">The same as wall-clock time.</param>
    public void TakeExpiredBack(long now, DateTimeOffset at, List<ForwardedOutcome> ends)
    {
        FailureReason? reason = null;
        foreach (var index in _givenBack?.Keys.Where(i => SinkOf(i).ExpiresAt <= now).Order().ToList() ?? [])
        {
            ends.Add(ExpiredOf(index, at, ref reason));
            _givenBack!.Remove(index);
        }
    }

    /// <summary>
    /// Takes back a record of an ordered stream's backlog, to be sent again before all others. It is allowed to appear twice, but not behind
    /// newer ones. False for other records, and when it was complete before.
    /// </summary>
    public bool TryGiveBackStored(int index) =>
        Tenure is not null && SinkOf(index).OutcomeRider is { CountsMemoryOnly: true } && TryGiveBack(index);

    /// <summary>Takes back a record that the owner does not have, or that may be sent twice. False when it was complete before.</summary>
    public bool TryGiveBack(int index)
    {
        if (!TryEnd(index))
            return false;
        GiveBack(index, []);
        return true;
    }

    /// <summary>Adds the records that came back since the last call to a queue, in their order. They do not linger again.</summary>
    public void AddGivenBackTo(FrameQueue queue)
    {
        if (_givenBack is not { } back)
            return;
        (_givenBack, GivenBack) = (null, 0);
        var index = 0;
        ForEach((in IncomingRecord record) =>
        {
            if (back.TryGetValue(index++, out var history))
                queue.Add(record with { History = history, IsDueAtOnce = true });
        });
    }

    /// <summary>
    /// Returns the records' remaining terms, in the form of <see cref="RecordsFrame.Terms"/>. A record of the backlog may have longer than an
    /// owner takes: it tries for as long as it takes.
    /// </summary>
    public long[] TermsAt(long now)
    {
        var terms = new List<long>();
        for (var index = 0; index < Count; index++)
        {
            var (sink, earlier) = (SinkOf(index), EarlierOf(index));
            var left = Math.Clamp(sink.ExpiresAt - now, 0, RecordsFrame.LongestTerm);
            var how = (earlier.IsDueAtOnce || sink.IsDueAtOnce ? RecordsFrame.WithoutLinger : 0) | (sink.IsAlone ? RecordsFrame.OfItsOwn : 0);
            // The owner does not know which attempts it had, and would have two more wrong shards take it.
            how |= RecordsFrame.TellWrongShards(sink.WrongShards + (earlier.History?.WrongShards ?? 0));
            if (index > 0 && terms[^2] == left && terms[^1] == how)
                terms[^3]++;
            else
                terms.AddRange([1, left, how]);
        }

        return [.. terms];
    }

    /// <summary>Returns the outcome of one record whose time-to-live is over.</summary>
    /// <param name="at">When it expired.</param>
    /// <param name="reason">The reason of the record before, to be shared; then that of this one.</param>
    public ForwardedOutcome ExpiredOf(int index, DateTimeOffset at, ref FailureReason? reason)
    {
        reason = Expiry.ReasonOf(_givenBack?.GetValueOrDefault(index) ?? EarlierOf(index).History, at, reason);
        var result = RecordResult.NotDelivered(RecordStatus.Failed, reason.Code, reason.Message, RecordAt(index), reason.Attempts);
        return EndOf(index, result, NumberAt(index));
    }

    /// <summary>Routes the records again, which were not sent, in their order.</summary>
    public void RouteAgain(StreamPipeline stream)
    {
        for (var index = 0; index < Count; index++)
            CountOut(index);
        ForEach((in IncomingRecord record) => stream.Forwarding.RouteAgain(record));
    }

    /// <summary>Passes each record to an action, in their order.</summary>
    public void ForEach(RecordAction action)
    {
        var index = 0;
        foreach (var record in PackedRecords.Parse(Bytes))
            action(IncomingAt(index++, record, record.Hash!.Value));
    }
}
