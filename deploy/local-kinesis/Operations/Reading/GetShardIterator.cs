using Orleans.Kpl.LocalKinesis.Operations.Writing;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Reading;

/// <summary>A place to read from: the oldest record, the newest, a sequence number or an instant.</summary>
internal static class GetShardIterator
{
    public static void Execute(OperationCall call)
    {
        var fields = call.Fields;
        var (shardId, type) = (fields.String("ShardId"), fields.String("ShardIteratorType"));
        var constraints = new Constraints();
        constraints.Required("shardId", shardId is not null);
        constraints.Name(shardId, "shardId");
        constraints.Required("shardIteratorType", type is not null);
        constraints.OneOf(type, "shardIteratorType",
            "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON");
        constraints.ThrowIfAny();
        var stream = call.Stream();
        RecordWriter.RequireShards(stream);
        var shard = stream.FindShard(shardId!) ?? throw KinesisErrors.ShardNotFound(shardId!, stream.Name);
        lock (shard.Gate)
        {
            if (shard.ReadLimit is { } limit && !limit.TryPlace(call.NowTicks))
                throw KinesisErrors.Throttled(KinesisErrors.RateExceeded(shard.Id, stream.Name));
        }
        var iterator = ShardIterator.At(shard, Place(call, shard, type!), call.NowTicks);
        call.Answer.StartObject();
        call.Answer.Field("ShardIterator"u8, iterator.ToString());
        call.Answer.EndObject();
    }

    private static long Place(OperationCall call, Shard shard, string type)
    {
        var number = type.EndsWith("SEQUENCE_NUMBER", StringComparison.Ordinal) ? Number(call.Fields, shard, type) : default;
        var instant = type == "AT_TIMESTAMP" ? Instant(call) : 0;
        lock (shard.Gate)
        {
            return type switch
            {
                "TRIM_HORIZON" => shard.Log.FirstCounter,
                "LATEST" => shard.Log.NextCounter,
                "AT_SEQUENCE_NUMBER" => number.Counter,
                "AFTER_SEQUENCE_NUMBER" => number.Counter + 1,
                _ => shard.Log.CounterAt(instant),
            };
        }
    }

    private static SequenceNumber Number(RequestFields fields, Shard shard, string type)
    {
        var text = fields.String("StartingSequenceNumber") ?? throw KinesisErrors.InvalidArgument(
            $"Must either specify a StartingSequenceNumber or a Timestamp for ShardIteratorType {type}.");
        if (SequenceNumber.TryParse(text, out var number) && number.Birth == shard.Birth && number.ShardIndex == shard.Index
            && number.Counter <= shard.Log.NextCounter) return number;
        throw KinesisErrors.InvalidArgument(
            $"StartingSequenceNumber {text} used in GetShardIterator on shard {shard.Id} " +
            $"in stream {shard.Stream.Name} under account {KinesisErrors.Account} is invalid because it did not come from this stream and shard.");
    }

    private static long Instant(OperationCall call)
    {
        var instant = call.Fields.Timestamp("Timestamp") ?? throw KinesisErrors.InvalidArgument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.");
        if (instant > call.NowTicks)
            throw KinesisErrors.InvalidArgument(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. " +
                $"timestampInMillis: {EndpointClock.ToUnixMilliseconds(instant)}, " +
                $"currentTimestampInMillis: {EndpointClock.ToUnixMilliseconds(call.NowTicks)}");
        return instant;
    }
}
