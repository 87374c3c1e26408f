using System.Runtime.InteropServices;

namespace Orleans.Kpl.Packed;

/// <summary>
/// Outcomes that go on together, with one lock for all of them: those that a thread sets for one sink until the sink completes them, or those that a batch
/// has before it is accepted. They are packed as they are added, a few bytes each. Reused.
/// </summary>
internal sealed class OutcomeRun
{
    [ThreadStatic]
    private static OutcomeRun? t_run;

    private readonly List<OutcomeGroup> _groups = [];
    private PackedBuffer _members = new();

    /// <summary>The run of this thread. A sink is completed by the thread that has set the outcomes, before that thread sets those of another sink.</summary>
    public static OutcomeRun OfThread => t_run ??= new OutcomeRun();

    public int Count { get; private set; }

    /// <summary>The sum of the charges that the outcomes were added with.</summary>
    public long Charge { get; private set; }

    /// <summary>The outcomes, those that share all but their sub-sequence numbers together.</summary>
    public ReadOnlySpan<OutcomeGroup> Groups => CollectionsMarshal.AsSpan(_groups);

    /// <summary>Adds the outcome of a record.</summary>
    /// <param name="index">The record's index, as agreed with whoever reads it; not negative.</param>
    /// <param name="result">Its outcome. The record in it is not written.</param>
    /// <param name="charge">What counts as its bytes in <see cref="Charge"/>.</param>
    public void Add(long index, in RecordResult result, long charge = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var end = result.Outcome ?? throw new ArgumentException("the record has not ended", nameof(result));
        var groups = CollectionsMarshal.AsSpan(_groups);
        if (groups.IsEmpty || !ReferenceEquals(groups[^1].End, end))
        {
            _groups.Add(new OutcomeGroup { End = end, First = index, Start = _members.Length });
            groups = CollectionsMarshal.AsSpan(_groups);
        }
        else
        {
            _members.WriteSignedVarint(index - groups[^1].Last);
        }

        _members.WriteVarint((uint)result.SubSequenceNumber);
        ref var group = ref groups[^1];
        (group.Last, group.Highest, group.Bytes) = (index, Math.Max(index, group.Highest), _members.Length - group.Start);
        group.Count++;
        Count++;
        Charge += charge;
    }

    /// <summary>Adds the outcomes of records that ended together, and whose sub-sequence numbers follow each other.</summary>
    /// <param name="indexes">Their indexes; at least one, none negative.</param>
    /// <param name="charge">What they are charged together.</param>
    public void Add(ReadOnlySpan<long> indexes, SharedOutcome end, int firstSubSequenceNumber, long charge)
    {
        Add(indexes[0], new RecordResult(end, firstSubSequenceNumber), charge);
        ref var group = ref CollectionsMarshal.AsSpan(_groups)[^1];
        var (last, highest) = (group.Last, group.Highest);
        for (var i = 1; i < indexes.Length; i++)
        {
            _members.WriteSignedVarint(indexes[i] - last);
            _members.WriteVarint((uint)(firstSubSequenceNumber + i));
            last = indexes[i];
            highest = Math.Max(highest, last);
        }

        (group.Last, group.Highest, group.Bytes) = (last, highest, _members.Length - group.Start);
        group.Count += indexes.Length - 1;
        Count += indexes.Length - 1;
    }

    /// <summary>Returns the members of a group: all that follows the first one's index.</summary>
    public ReadOnlySpan<byte> MembersOf(in OutcomeGroup group) => _members.Written.Slice(group.Start, group.Bytes);

    public void Clear()
    {
        _groups.Clear();
        _members.Clear();
        (Count, Charge) = (0, 0);
    }
}

/// <summary>Some outcomes of a run that differ in their records alone.</summary>
internal struct OutcomeGroup
{
    public required SharedOutcome End { get; init; }

    /// <summary>The index of the first record.</summary>
    public required long First { get; init; }

    /// <summary>Where the bytes of its members begin in its run.</summary>
    public required int Start { get; init; }

    public int Bytes { get; set; }

    public int Count { get; set; }

    /// <summary>The index of the last record.</summary>
    public long Last { get; set; }

    public long Highest { get; set; }
}
