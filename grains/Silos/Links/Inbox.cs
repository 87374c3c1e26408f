using System.Diagnostics;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Accepts the records of one stream that another silo forwards, each frame once, however often it arrives. It outlives the stream where that is idle
/// and closes: a late copy of a frame must not be taken for a new one.
/// </summary>
/// <param name="outcomes">The way back for their outcomes.</param>
internal sealed class Inbox(OutcomeOutbox outcomes)
{
    private readonly Lock _lock = new();
    // Sorted: each frame tells below which number all are over, and very many are open behind a shard that is slow.
    private readonly SortedSet<long> _taken = [];
    private readonly Dictionary<string, long> _over = new(StringComparer.Ordinal);
    private readonly HashSample _hashes = new();
    private long _endedBefore;

    public OutcomeOutbox Outcomes => outcomes;

    /// <summary>Accepts a frame. False when it cannot be accepted yet: it will be sent again.</summary>
    /// <param name="stream">The stream on this silo, which does not close meanwhile.</param>
    /// <param name="memory">The stream's limits of <see cref="ForwardedMemory"/>.</param>
    /// <exception cref="PackedFormatException">The frame cannot be parsed, or has a wrong hash key; none of it was accepted.</exception>
    public bool TryTake(StreamPipeline stream, MemoryLimit memory, RecordsFrame frame)
    {
        using var source = new PackedSource(PackedRecords.Parse(frame.Records));
        var charges = source.Charges();
        CheckTerms(frame, source.Count);
        lock (_lock)
        {
            // Whether there is memory for it or not, it says which records have their outcomes at their origin. A frame of those may still arrive, and even be
            // this one.
            if (frame.EndedBefore > _endedBefore)
            {
                _endedBefore = frame.EndedBefore;
                while (_taken.Count > 0 && _taken.Min < _endedBefore)
                    _taken.Remove(_taken.Min);
                outcomes.Forget(_endedBefore);
            }

            if (frame.First < _endedBefore || _taken.Contains(frame.First))
                return true;
            _hashes.Check(source);
            if (frame.Shard is { } shard && stream.Shards.Expects(shard) || !ForwardedMemory.TryReserve(memory, charges.Sum(), charges.Length))
                return false;
            _taken.Add(frame.First);
            // Frames of an ordered stream are accepted one at a time, each as a whole before any record of its tenure can go back. So the records that go back
            // are always the last ones of a tenure.
            if (frame.Shard is not null)
                Take(stream, memory, frame, source, charges);
        }

        if (frame.Shard is null)
            Take(stream, memory, frame, source, charges);
        return true;
    }

    /// <summary>Ends an owner's tenure, since a record of it goes back to the silo that accepted it: no later frame of that tenure is accepted.</summary>
    public void EndTenure(string shard, long tenure)
    {
        lock (_lock)
            _over[shard] = Math.Max(tenure, _over.GetValueOrDefault(shard));
    }

    private void Take(StreamPipeline stream, MemoryLimit memory, RecordsFrame frame, PackedSource source, long[] charges)
    {
        var now = stream.Clock.Now;
        var traces = TraceRuns.Read(frame.Traces);
        var first = 0;
        for (var term = 0; term < frame.Terms.Length; term += RecordsFrame.TermLength)
        {
            var end = first + (int)frame.Terms[term];
            var left = frame.Terms[term + 1];
            while (first < end)
            {
                var count = Math.Min(end - first, PreparedBatch.MaxRecords);
                var how = frame.Terms[term + 2];
                var terms = new AcceptanceTerms(
                    stream.Forwarding.Enter(count), now, now + left, Immediate: (how & ~RecordsFrame.OfItsOwn) != 0,
                    WrongShards: RecordsFrame.WrongShardsOf(how), IsAlone: (how & RecordsFrame.OfItsOwn) != 0);
                var prepared = stream.Batches.Rent();
                source.ReadForwarded(prepared, first, count);
                prepared.Sink = new ForwardedBatchSink(this, memory, frame, traces, charges, terms);
                if (frame.Shard is not { } shard)
                    stream.Forwarding.Accept(prepared);
                else if (_over.GetValueOrDefault(shard) >= frame.Tenure || !stream.Forwarding.TryAccept(shard, prepared))
                    Forwarding.GiveBack(prepared);
                stream.Batches.Return(prepared);
                first += count;
            }
        }
    }

    private static void CheckTerms(RecordsFrame frame, int count)
    {
        long told = 0;
        for (var term = 0; term + RecordsFrame.TermLength <= frame.Terms.Length; term += RecordsFrame.TermLength)
        {
            if (frame.Terms[term] <= 0 || frame.Terms[term] > count || frame.Terms[term + 1] is < 0 or > RecordsFrame.LongestTerm)
                throw new PackedFormatException("the terms of a frame are out of range");
            told += frame.Terms[term];
        }

        if (told != count || frame.Terms.Length % RecordsFrame.TermLength != 0)
            throw new PackedFormatException($"a frame has the terms of {told} records and carries {count}");
    }
}

/// <summary>
/// Checks that hash keys which another silo computed are those of the partition keys: for the first record and for one in each 1,024, and for every record
/// once one was wrong. A record with a wrong one makes consumers drop its whole aggregate. Not thread-safe.
/// </summary>
internal sealed class HashSample
{
    /// <summary>One of so many records is checked.</summary>
    public const int Every = 1_024;

    private long _passed;
    private bool _wasWrong;

    /// <summary>Checks the records of one frame.</summary>
    /// <exception cref="PackedFormatException">A record has another hash key than its partition key.</exception>
    public void Check(PackedSource source)
    {
        var step = _wasWrong ? 1 : Every;
        // As many as are left until one is due.
        var next = (int)(-_passed & (step - 1));
        for (; next < source.Count; next += step)
        {
            if (source.HasHashOfItsKey(next))
                continue;
            _wasWrong = true;
            throw new PackedFormatException("a record of another silo has a hash key that is not its partition key's; all its records are looked at from now on");
        }

        _passed += source.Count;
    }
}

/// <summary>
/// Records of another silo that were accepted together and share their terms; their outcomes go back to it. Those of an ordered stream belong to one tenure:
/// when one goes back, no later record of that tenure is accepted.
/// </summary>
internal sealed class ForwardedBatchSink(Inbox inbox, MemoryLimit memory, RecordsFrame frame, TraceRuns? traces, long[] charges, in AcceptanceTerms terms)
    : ForwardedSink(terms), ITracedSink
{
    private readonly long _first = frame.First;
    private readonly string? _shard = frame.Shard;
    private readonly long _tenure = frame.Tenure;

    public ActivityContext ActivityOf(int index) => traces?.At(index) ?? default;

    public override long ChargeElsewhere(int index) => charges[index];

    /// <summary>Adds the outcome to those that <see cref="Complete"/> passes on; without a failed record itself, since the other silo has it.</summary>
    public override void SetResult(int index, in RecordResult result) =>
        OutcomeRun.OfThread.Add(_first + index, result.WithoutRecord(), charges[index]);

    public override void SetDelivered(ReadOnlySpan<MemberRef> members, SharedOutcome end, int place)
    {
        var charge = 0L;
        foreach (ref readonly var member in members)
            charge += charges[member.Index];
        members.AddTo(OutcomeRun.OfThread, _first, end, place, charge);
    }

    public override bool TryGiveBack(int index, Attempt[] attempts)
    {
        if (_shard is not null)
            inbox.EndTenure(_shard, _tenure);
        SetResult(index, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null, attempts));
        return true;
    }

    public override void Complete(int count)
    {
        var run = OutcomeRun.OfThread;
        memory.Release(run.Charge, run.Count);
        inbox.Outcomes.Add(run);
    }
}
