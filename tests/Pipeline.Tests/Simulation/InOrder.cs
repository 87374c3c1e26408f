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
    public static List<(string Shard, string Key, int Number)> FirstSeen(Bench bench)
    {
        var seen = new HashSet<int>();
        return [.. bench.Kinesis.Records.Where(r => r.VisibleToKcl).Select(r => (r.ShardId, r.Key, NumberOf(r.Data))).Where(r => seen.Add(r.Item3))];
    }

    /// <param name="bench">Where they were put.</param>
    /// <param name="delivered">Numbers of the records that were told delivered: one that failed may still appear, at any time.</param>
    public static void Check(Bench bench, IReadOnlySet<int> delivered)
    {
        var seen = FirstSeen(bench).Where(r => delivered.Contains(r.Number)).ToList();
        Assert.Equal(delivered.Order(), seen.Select(r => r.Number).Order());
        foreach (var key in seen.GroupBy(r => r.Key))
            Assert.Equal(key.Select(r => r.Number).Order(), key.Select(r => r.Number));
    }
}
