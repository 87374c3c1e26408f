using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Testing;

/// <summary>Reads a stream of the local endpoint as KCL does.</summary>
internal static class DeliveredRecords
{
    /// <summary>The user records of every shard, in the order of shards and in each shard in order.</summary>
    /// <exception cref="InvalidOperationException">There is no such stream.</exception>
    public static List<DeliveredRecord> Read(KinesisEndpoint endpoint, string stream)
    {
        var delivered = new List<DeliveredRecord>();
        foreach (var shard in endpoint.Get(stream).Shards)
        {
            foreach (var record in endpoint.GetApplied(stream, shard.ShardId))
                Add(delivered, shard, record);
        }

        return delivered;
    }

    private static void Add(List<DeliveredRecord> delivered, ShardSnapshot shard, AppliedRecord record)
    {
        if (!AggregateReader.TryOpen(record.Data, out var reader, out _))
        {
            delivered.Add(New(record, 0, new UserRecord(record.PartitionKey, record.Data, Given(record))));
            return;
        }

        var first = delivered.Count;
        for (var place = 0; reader.MoveNext(); place++)
        {
            // At the first member whose hash key lies in another shard KCL drops the whole aggregate (AggregatorUtil.java, deaggregate).
            if (reader.Current.HashKey < shard.StartingHashKey || reader.Current.HashKey > shard.EndingHashKey)
            {
                delivered.RemoveRange(first, delivered.Count - first);
                return;
            }

            delivered.Add(New(record, place, reader.Current.ToUserRecord()));
        }
    }

    private static UInt128? Given(AppliedRecord record) => record.Marks.HasFlag(RecordMarks.ExplicitHashKey) ? record.HashKey : null;

    private static DeliveredRecord New(AppliedRecord record, int place, in UserRecord user) => new()
    {
        ShardId = record.ShardId,
        SequenceNumber = record.SequenceNumber,
        SubSequenceNumber = place,
        PartitionKey = user.PartitionKey,
        ExplicitHashKey = user.ExplicitHashKey,
        Data = user.Data,
        ArrivedAt = record.ArrivedAt,
    };
}
