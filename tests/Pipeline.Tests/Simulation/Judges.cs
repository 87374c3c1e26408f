using System.Globalization;
using System.Text;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>The judge of order: for each partition key, consumers first see the delivered records in the order in which they were accepted.</summary>
internal static class InOrder
{
    /// <summary>The record accepted as the n-th.</summary>
    public static UserRecord Record(int number, int keys, int size = 20) =>
        new($"key-{number % keys}", Encoding.UTF8.GetBytes($"{number}:".PadRight(size, 'x')));

    public static int NumberOf(string data) => int.Parse(data.AsSpan(0, data.IndexOf(':')), CultureInfo.InvariantCulture);

    /// <summary>Numbers as consumers first see them, shard after shard in the order of time, parents before children.</summary>
    public static List<(string Shard, string Key, int Number)> FirstSeen(PipelineHarness harness)
    {
        var seen = new HashSet<int>();
        return [.. harness.Kinesis.Records.Where(r => r.VisibleToKcl).Select(r => (r.ShardId, r.Key, NumberOf(r.Data))).Where(r => seen.Add(r.Item3))];
    }

    /// <summary>Each shard has its records, where they appear for the first time, in the order of their numbers. Returns how many there are.</summary>
    public static int CheckRising(IEnumerable<FakeKinesis.Applied> records, Func<FakeKinesis.Applied, int> numberOf)
    {
        var seen = new HashSet<int>();
        foreach (var shard in records.Where(r => seen.Add(numberOf(r))).GroupBy(r => r.ShardId, numberOf))
            Assert.Equal(shard.Order(), shard);
        return seen.Count;
    }

    /// <summary>
    /// Judges the whole stream: nothing delivered is missing or overtaken at its first appearance, and who drops copies by their producer
    /// numbers has each record once.
    /// </summary>
    /// <param name="harness">Where they were put.</param>
    /// <param name="delivered">Numbers of the records that were told delivered: one that failed may still appear, at any time.</param>
    public static void Check(PipelineHarness harness, IReadOnlySet<int> delivered)
    {
        var seen = FirstSeen(harness).Where(r => delivered.Contains(r.Number)).ToList();
        Assert.Equal(delivered.Order(), seen.Select(r => r.Number).Order());
        foreach (var key in seen.GroupBy(r => r.Key))
            Assert.Equal(key.Select(r => r.Number).Order(), key.Select(r => r.Number));
        var kept = WithoutCopies(harness);
        Assert.Equal(kept.Distinct(), kept);
        Assert.Equal(seen.Select(r => r.Number), kept.Where(delivered.Contains));
    }

    /// <summary>What a consumer keeps that drops records whose producer number it has seen.</summary>
    private static List<int> WithoutCopies(PipelineHarness harness)
    {
        var seen = new HashSet<ProducerNumber>();
        return [.. harness.Kinesis.Records.Where(r => r.VisibleToKcl && seen.Add(Assert.NotNull(r.Number))).Select(r => NumberOf(r.Data))];
    }
}

/// <summary>KCL's filter as the judge: what is claimed as delivered must be there for the consumers of the shard that is named.</summary>
internal static class Visible
{
    /// <summary>Places of user records that consumers see.</summary>
    public static HashSet<(string Shard, string Sequence, int SubSequence)> Places(PipelineHarness harness) =>
        [.. harness.Kinesis.Records.Where(r => r.VisibleToKcl).Select(r => (r.ShardId, r.SequenceNumber, r.SubSequence))];

    public static void Check(PipelineHarness harness, IEnumerable<RecordResult> results)
    {
        var places = Places(harness);
        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.All(results, r => Assert.Contains((r.ShardId!, r.SequenceNumber!, r.SubSequenceNumber), places));
    }

    /// <summary>Copies beyond the first that Kinesis holds, whether consumers drop them or not.</summary>
    public static int Duplicates(PipelineHarness harness) => harness.Kinesis.Records.Count - harness.Kinesis.Records.Select(r => r.Key).Distinct().Count();
}

/// <summary>A consumer that drops repeats by producer numbers, beside one that does not.</summary>
internal static class WithoutRepeats
{
    /// <summary>
    /// Judges that each of these records is there exactly once for who drops repeats, and that there are repeats to drop: otherwise the test would
    /// show nothing.
    /// </summary>
    /// <returns>How many repeats were dropped.</returns>
    public static int Check(FakeKinesis kinesis, IEnumerable<string> data, int leastRepeats = 1)
    {
        var filter = new DuplicateFilter();
        var visible = kinesis.Records.Where(static r => r.VisibleToKcl).ToList();
        Assert.All(visible, static r => Assert.NotNull(r.Number));
        var kept = visible.Where(r => filter.IsNew(r.Number)).Select(static r => r.Data).ToList();
        Assert.Equal(data.Order(), kept.Order());
        var repeats = visible.Count - kept.Count;
        Assert.True(repeats >= leastRepeats, $"{repeats} repeats of {visible.Count} records");
        return repeats;
    }
}
