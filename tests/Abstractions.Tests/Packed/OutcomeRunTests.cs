using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

/// <summary>Outcomes that were packed as they were set, and go on together.</summary>
public sealed class OutcomeRunTests
{
    private static readonly RecordResult Here = Delivered("1");
    private static readonly RecordResult There = Delivered("2");

    private readonly OutcomeRun _run = new();
    private readonly PackedOutcomesWriter _writer = new();

    [Fact]
    public void Groups_OfOutcomesThatChange_KeepTheirOrder()
    {
        Add((7, Here, 0), (3, Here, 4), (9, There, 0), (8, Here, 1));

        Assert.Equal([(2, 7, 3, 7L), (1, 9, 9, 9), (1, 8, 8, 8)], [.. _run.Groups.ToArray().Select(static g => (g.Count, g.First, g.Last, g.Highest))]);
        Assert.Equal((4, 40), (_run.Count, _run.Charge));
        Assert.Equal([(7, "1", 0), (3, "1", 4), (9, "2", 0), (8, "1", 1)], Packed());
        Assert.Equal(9, _writer.Highest);
    }

    [Fact]
    public void TryAdd_OfRunsOfOneKinesisRecord_SaysItOnce()
    {
        Add((1, Here, 0));
        _run.Clear();
        var alone = _writer.Bytes;
        for (var index = 2; index < 100; index++)
        {
            Add((index, Here, index));
            _run.Clear();
            Assert.Equal((0, 0, 0), (_run.Count, _run.Charge, _run.Groups.Length));
        }

        Assert.Equal(alone + 98 * 2, _writer.Bytes);
        Assert.Equal([.. Enumerable.Range(1, 99).Select(static i => ((long)i, "1", i == 1 ? 0 : i))], Packed());
    }

    /// <summary>The outcomes of one Kinesis record's members are added together: with gaps, and with numbers of one, two and more bytes.</summary>
    [Fact]
    public void Add_OfMembersOfOneKinesisRecord_IsWhatEachByItselfIs()
    {
        long[] indexes = [5, 4, 6, 69, 70, 8_270, 8_269, 1L << 40, (1L << 40) + 1, 0];
        foreach (var place in new[] { 0, 120, 16_380, int.MaxValue - 20 })
        {
            var (together, alone) = (new OutcomeRun(), new OutcomeRun());
            alone.Add(3, There, 1);
            together.Add(3, There, 1);
            foreach (var (at, index) in indexes.Index())
                alone.Add(index, new RecordResult(Here.Outcome!, place + at), charge: 10);

            together.Add(indexes.AsSpan(0, 4), Here.Outcome!, place, charge: 40);
            together.Add(indexes.AsSpan(4, 1), Here.Outcome!, place + 4, charge: 10);
            together.Add(indexes.AsSpan(5), Here.Outcome!, place + 5, charge: 50);

            Assert.Equal(alone.Groups.ToArray(), together.Groups.ToArray());
            Assert.Equal((alone.Count, alone.Charge), (together.Count, together.Charge));
            Assert.All(Enumerable.Range(0, 2), group => Assert.Equal(alone.MembersOf(alone.Groups[group]), together.MembersOf(together.Groups[group])));
        }
    }

    [Fact]
    public void Add_OfARecordThatHasNotEnded_Throws()
    {
        Assert.Throws<ArgumentException>(() => _run.Add(0, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => _run.Add(-1, Here));
    }

    private static RecordResult Delivered(string number) => RecordResult.Delivered("shardId-000000000000", number, 0, []);

    private void Add(params (long Index, RecordResult End, int Place)[] outcomes)
    {
        foreach (var (index, end, place) in outcomes)
            _run.Add(index, new RecordResult(end.Outcome!, place), charge: 10);
        foreach (ref readonly var group in _run.Groups)
            Assert.True(_writer.TryAdd(_run, group));
    }

    private List<(long, string?, int)> Packed()
    {
        var outcomes = new List<(long, string?, int)>();
        foreach (var outcome in PackedOutcomes.Parse(_writer.ToArray()))
            outcomes.Add((outcome.Index, outcome.Result.SequenceNumber, outcome.Result.SubSequenceNumber));
        return outcomes;
    }
}
