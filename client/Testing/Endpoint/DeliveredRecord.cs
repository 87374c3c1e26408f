using System.Text;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Testing;

/// <summary>A user record as a consumer of the stream reads it: aggregates are taken apart.</summary>
public sealed class DeliveredRecord
{
    /// <summary>The shard that it is in.</summary>
    public required string ShardId { get; init; }

    /// <summary>The sequence number of its Kinesis record.</summary>
    public required string SequenceNumber { get; init; }

    /// <summary>Its position in the aggregate, from 0; 0 for a record that was sent alone.</summary>
    public int SubSequenceNumber { get; init; }

    /// <summary>The partition key.</summary>
    public required string PartitionKey { get; init; }

    /// <summary>The explicit hash key that its producer gave; null for none.</summary>
    public UInt128? ExplicitHashKey { get; init; }

    /// <summary>The data.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>When its Kinesis record arrived.</summary>
    public DateTimeOffset ArrivedAt { get; init; }

    /// <summary>The data decoded as UTF-8; invalid bytes become U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Data.Span);

    /// <inheritdoc />
    public override string ToString() => $"{ShardId} {SequenceNumber}/{SubSequenceNumber} {PartitionKey}";
}

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
            var range = new ShardHashKeys(shard.StartingHashKey, shard.EndingHashKey);
            foreach (var record in endpoint.GetApplied(stream, shard.ShardId))
                delivered.AddRange(Aggregates.Read(record.Data, record.PartitionKey, range).Select(user => New(record, user)));
        }

        return delivered;
    }

    private static UInt128? Given(AppliedRecord record) => record.Marks.HasFlag(RecordMarks.ExplicitHashKey) ? record.HashKey : null;

    private static DeliveredRecord New(AppliedRecord record, DeaggregatedRecord user) => new()
    {
        ShardId = record.ShardId,
        SequenceNumber = record.SequenceNumber,
        SubSequenceNumber = (int)user.SubSequenceNumber,
        PartitionKey = user.PartitionKey,
        ExplicitHashKey = user.IsMember ? user.ExplicitHashKey : Given(record),
        Data = user.Data,
        ArrivedAt = record.ArrivedAt,
    };
}
