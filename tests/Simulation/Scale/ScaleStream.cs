using System.Buffers.Binary;

namespace Orleans.Kpl.Simulation.Scale;

/// <summary>One stream of a scale run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shards">Its shards.</param>
/// <param name="Contents">What was put into it, in counts.</param>
/// <param name="Load">Who puts.</param>
internal sealed record ScaleStream(string Name, ServiceStream Shards, CountedContents Contents, ScaleLoad Load);

/// <summary>How shards lay on silos at an instant.</summary>
/// <param name="When">The instant, for people.</param>
/// <param name="Silos">How many silos ran.</param>
/// <param name="Shards">How many shards had an owner.</param>
/// <param name="Most">The most that one silo had.</param>
/// <param name="Least">The least that one silo had.</param>
internal sealed record ShardSpread(string When, int Silos, int Shards, int Most, int Least)
{
    /// <summary>The most over the mean.</summary>
    public double Ratio => Shards == 0 ? 0 : Most * (double)Silos / Shards;

    public static ShardSpread Of(string when, IReadOnlyList<int> counts) => new(when, counts.Count, counts.Sum(), counts.Max(), counts.Min());
}

/// <summary>What a scale run keeps of a stream: counts, instead of the records.</summary>
internal sealed class CountedContents(World world, ScaleRecords records) : IStreamContents
{
    private long _number;

    public ShardObservations Sights { get; } = new(world);

    /// <summary>Records that each place of a silo sent, whichever of its processes did.</summary>
    public SortedDictionary<string, long> ByHost { get; } = new(StringComparer.Ordinal);

    public StoredRecord Store(ServiceShard shard, SentEntry entry, string writer)
    {
        var members = ConsumedRecord.Read(entry.PartitionKey, entry.HashKey, entry.Data);
        var isVisible = ConsumedRecord.IsVisible(members, entry.Data, shard.Range);
        foreach (var member in members)
            records.Stored(BinaryPrimitives.ReadInt64BigEndian(member.Data), isVisible);
        Sights.Sent(shard, writer);
        var host = writer[..writer.IndexOf('.')];
        ByHost[host] = ByHost.GetValueOrDefault(host) + members.Count;
        return new StoredRecord(shard.Range.ShardId, shard.SequenceOf(++_number), writer, world.Now);
    }
}
