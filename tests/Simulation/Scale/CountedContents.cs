using System.Buffers.Binary;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Service;

namespace Orleans.Kpl.Simulation.Scale;

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
