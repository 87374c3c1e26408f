using System.Globalization;
using System.Text;
using Orleans.Kpl.Pipeline.Aggregation;

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
