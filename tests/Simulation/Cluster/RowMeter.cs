using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>
/// Counts what calls to the table of shared rows cost, in DynamoDB's units: a consistent read one for each 4 KiB, a write one for each KiB. All
/// rows of a kind lie in one partition.
/// </summary>
internal sealed class RowMeter(World world)
{
    /// <summary>AWS, "Burst and adaptive capacity": what one partition takes in a second.</summary>
    private const double PartitionReads = 3_000;

    private const double PartitionWrites = 1_000;

    /// <summary>AWS, "Quotas": what a table with on-demand capacity takes in a second, unless more is asked for.</summary>
    private const double TableUnits = 40_000;

    /// <summary>Names of columns, and what an item costs beside its text.</summary>
    private const int Beside = 40;

    private readonly SortedDictionary<string, CallRate> _partitions = new(StringComparer.Ordinal);
    private readonly CallRate _reads = new("reads", TableUnits, "table, units");
    private readonly CallRate _writes = new("writes", TableUnits, "table, units");

    /// <summary>Every quota, with what was used of it.</summary>
    public IReadOnlyList<CallRate> All => [_reads, _writes, .. _partitions.Values];

    public void Read(string kind, params IReadOnlyList<StateRow> rows)
    {
        var units = Units(rows.Sum(SizeOf), 4 << 10);
        _reads.TryTake(world.Now, units);
        PartitionOf($"reads of {kind}", PartitionReads).TryTake(world.Now, units);
    }

    public void Write(string kind, string key, string text)
    {
        var units = Units(kind.Length + key.Length + text.Length + Beside, 1 << 10);
        _writes.TryTake(world.Now, units);
        PartitionOf($"writes of {kind}", PartitionWrites).TryTake(world.Now, units);
    }

    private static int SizeOf(StateRow row) => row.Kind.Length + row.Key.Length + row.Text.Length + Beside;

    private static double Units(int bytes, int unit) => Math.Max(1, (bytes + unit - 1) / unit);

    private CallRate PartitionOf(string name, double quota)
    {
        if (!_partitions.TryGetValue(name, out var rate))
            _partitions[name] = rate = new CallRate(name, quota, "partition, units");
        return rate;
    }
}
