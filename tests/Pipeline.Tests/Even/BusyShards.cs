namespace Orleans.Kpl.Pipeline.Tests.Even;

/// <summary>
/// Kinesis' limits for the shards of a <see cref="FakeKinesis"/>: buckets of a second's bytes and records. Another writer takes its part of a shard first.
/// </summary>
internal sealed class BusyShards
{
    private const double Bytes = 1 << 20, Records = 1_000;

    private readonly FakeTimeProvider _time;
    private readonly Dictionary<string, (double Bytes, double Records, long At)> _buckets = [];

    public BusyShards(PipelineHarness harness)
    {
        _time = harness.Time;
        harness.Kinesis.Refuse = Judge;
    }

    /// <summary>The part of each shard that another writer takes.</summary>
    public Dictionary<string, double> Others { get; } = [];

    /// <summary>The bytes that each shard took.</summary>
    public Dictionary<string, long> Taken { get; } = [];

    /// <summary>The records that each shard took.</summary>
    public Dictionary<string, int> TakenRecords { get; } = [];

    public int Throttled { get; private set; }

    /// <summary>Begins to count anew.</summary>
    public void Reset()
    {
        Taken.Clear();
        TakenRecords.Clear();
        Throttled = 0;
    }

    private PutRecordsReplyEntry? Judge(PutRecordsEntry entry, ShardRange shard)
    {
        var (now, left) = (_time.GetTimestamp(), 1 - Others.GetValueOrDefault(shard.ShardId));
        var (bytes, records, at) = _buckets.GetValueOrDefault(shard.ShardId, (Bytes * left, Records * left, now));
        var seconds = (now - at) / (double)TimeSpan.TicksPerSecond * left;
        (bytes, records) = (Math.Min(Bytes * left, bytes + (seconds * Bytes)), Math.Min(Records * left, records + (seconds * Records)));
        var size = entry.Data.Length + entry.PartitionKey.Length;
        var isTaken = bytes >= size && records >= 1;
        _buckets[shard.ShardId] = isTaken ? (bytes - size, records - 1, now) : (bytes, records, now);
        if (!isTaken)
        {
            Throttled++;
            return new(null, null, RecordErrorCodes.Throttled, $"Rate exceeded for shard {shard.ShardId} in stream events under account 000000000000.");
        }

        Taken[shard.ShardId] = Taken.GetValueOrDefault(shard.ShardId) + size;
        TakenRecords[shard.ShardId] = TakenRecords.GetValueOrDefault(shard.ShardId) + 1;
        return null;
    }
}
