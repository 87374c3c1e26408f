using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>Which shards ListShards shows.</summary>
internal readonly record struct ShardFilter(string Type, long TimestampTicks, int AfterIndex)
{
    private static readonly ShardFilter All = new("", 0, -1);

    public static ShardFilter Parse(RequestFields fields)
    {
        var exclusive = fields.String("ExclusiveStartShardId");
        if (fields.Object("ShardFilter") is not { } filter) return exclusive is null ? All : All with { AfterIndex = IndexOf(exclusive) };
        if (exclusive is not null)
            throw KinesisErrors.InvalidArgument("ExclusiveStartShardId and ShardFilter cannot be provided together.");
        var type = filter.String("Type");
        var constraints = new Constraints();
        constraints.Required("shardFilter.type", type is not null);
        constraints.OneOf(type, "shardFilter.type",
            "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP");
        constraints.ThrowIfAny();
        return type switch
        {
            "AFTER_SHARD_ID" => new(type, 0, IndexOf(filter.String("ShardId")
                ?? throw KinesisErrors.InvalidArgument("ShardId must be provided for a shard filter of type AFTER_SHARD_ID."))),
            "AT_TIMESTAMP" or "FROM_TIMESTAMP" => new(type, filter.Timestamp("Timestamp")
                ?? throw KinesisErrors.InvalidArgument($"Timestamp must be provided for a shard filter of type {type}."), -1),
            _ => new(type!, 0, -1),
        };
    }

    public IEnumerable<Shard> Apply(ShardView view)
    {
        var (type, timestamp, after) = this;
        return view.Shards.Where(shard => shard.Index > after && type switch
        {
            "AT_LATEST" => view.IsOpen(shard),
            "AT_TRIM_HORIZON" => shard.OpenedAtTicks <= view.HorizonTicks && shard.ClosedAtTicks > view.HorizonTicks,
            "AT_TIMESTAMP" => shard.OpenedAtTicks <= timestamp && shard.ClosedAtTicks > timestamp,
            "FROM_TIMESTAMP" => shard.ClosedAtTicks > timestamp,
            _ => true,
        });
    }

    private static int IndexOf(string shardId) =>
        shardId.StartsWith("shardId-", StringComparison.Ordinal) && int.TryParse(shardId.AsSpan(8), out var index) && index >= 0
            ? index
            : throw KinesisErrors.InvalidArgument($"{shardId} is not a shard id.");
}
