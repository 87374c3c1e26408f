using System.Diagnostics;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Benchmarks.Kernel;

/// <summary>Reads the aggregates that the kernel made back, as a consumer of its shards does.</summary>
internal sealed class KernelReading(int dataSize)
{
    // As a GetRecords call brings them: as many of one shard as the kernel seals at a time, and in the caches as it has them.
    private const int ShardsRead = 1;
    private const int MostOfAShard = 64;
    private const int Repeats = 64;

    private readonly Dictionary<ShardHashKeys, List<KinesisRecordData>> _shards = [];
    private readonly List<double> _oneByOne = [];
    private readonly List<double> _filtered = [];
    private readonly List<double> _together = [];

    /// <summary>Nanoseconds a member, by <c>Aggregates.Read</c> without a range.</summary>
    public double OneByOne => KernelBench.Median(_oneByOne);

    /// <summary>Nanoseconds a member, by <c>Aggregates.Read</c> with the range of the shard.</summary>
    public double Filtered => KernelBench.Median(_filtered);

    /// <summary>Nanoseconds a member, by <c>Aggregates.ReadAll</c> with the range of the shard.</summary>
    public double Together => KernelBench.Median(_together);

    /// <summary>Managed bytes allocated a member, the worst of all runs.</summary>
    public double BytesAllocated { get; private set; }

    public void Keep(ShardRange shard, EncodedRecord record)
    {
        var range = new ShardHashKeys(shard.StartingHashKey, shard.EndingHashKey);
        if (!record.NeedsTrailer || (!_shards.ContainsKey(range) && _shards.Count == ShardsRead))
            return;
        if (!_shards.TryGetValue(range, out var kept))
            _shards[range] = kept = [];
        if (kept.Count < MostOfAShard)
            kept.Add(new KinesisRecordData(record.Payload.ToArray(), "a"));
    }

    public void WarmUp()
    {
        for (var i = 0; i < 2; i++)
            _ = (ReadOneByOne(false), ReadOneByOne(true), ReadTogether());
    }

    public void Measure()
    {
        _oneByOne.Add(Measure(() => ReadOneByOne(false)));
        _filtered.Add(Measure(() => ReadOneByOne(true)));
        _together.Add(Measure(ReadTogether));
    }

    private double Measure(Func<long> read)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        var members = 0L;
        for (var i = 0; i < Repeats; i++)
            members += read();
        var elapsed = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        BytesAllocated = Math.Max(BytesAllocated, (double)allocated / members);
        return elapsed.TotalNanoseconds / members;
    }

    private long ReadOneByOne(bool filter)
    {
        var (members, bytes) = (0L, 0L);
        foreach (var (range, records) in _shards)
        {
            foreach (var record in records)
            {
                foreach (var member in Aggregates.Read(record.Data, record.PartitionKey, filter ? range : null))
                    (members, bytes) = (members + 1, bytes + member.Data.Length);
            }
        }

        return Checked(members, bytes);
    }

    private long ReadTogether()
    {
        var (members, bytes) = (0L, 0L);
        foreach (var (range, records) in _shards)
        {
            foreach (var record in Aggregates.ReadAll(records, range))
            {
                foreach (var member in record)
                    (members, bytes) = (members + 1, bytes + member.Data.Length);
            }
        }

        return Checked(members, bytes);
    }

    private long Checked(long members, long bytes) => members > 0 && bytes == members * dataSize
        ? members
        : throw new InvalidOperationException("The members that were read are not those that went in.");
}
