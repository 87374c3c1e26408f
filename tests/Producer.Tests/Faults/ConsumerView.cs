using System.Text;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>
/// What KCL makes of a stream, from the stored bytes alone: an aggregate with one member outside its shard's range is dropped whole,
/// plain records are never filtered (KCL <c>AggregatorUtil.java</c>, deaggregate). The decoder, <see cref="StoredMember"/>, is not the product's.
/// </summary>
internal static class ConsumerView
{
    public static List<SeenRecord> Of(KinesisEndpoint kinesis, string stream)
    {
        var shards = kinesis.Get(stream).Shards.ToDictionary(s => s.ShardId);
        return [.. kinesis.GetApplied(stream).SelectMany(r => Of(r, shards[r.ShardId].StartingHashKey, shards[r.ShardId].EndingHashKey))];
    }

    public static IEnumerable<SeenRecord> Of(AppliedRecord record, UInt128 rangeStart, UInt128 rangeEnd)
    {
        if (StoredMember.Read(record.Data) is not { } members)
            return [Seen(0, record.PartitionKey, record.Data, visible: true, record.HashKey)];
        var all = members.All(m => InRange(m.HashKey));
        return members.Select((m, i) => Seen(i, m.Key, m.Data, all, m.HashKey));

        bool InRange(UInt128 hash) => hash >= rangeStart && hash <= rangeEnd;

        SeenRecord Seen(int index, string key, byte[] data, bool visible, UInt128 hash) => new(
            record.ShardId, record.SequenceNumber, index, key, Encoding.UTF8.GetString(data), visible, InRange(hash), record.Marks, record.ArrivedAt);
    }
}
