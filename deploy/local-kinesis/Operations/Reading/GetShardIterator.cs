using Orleans.Kpl.LocalKinesis.Operations.Writing;
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
        constraints.OneOf(type, "shardIteratorType", ReadingPlace.Types);
        constraints.ThrowIfAny();
        var stream = call.Stream();
        RecordWriter.RequireShards(stream);
        var shard = stream.FindShard(shardId!) ?? throw KinesisErrors.ShardNotFound(shardId!, stream.Name);
        lock (shard.Gate)
        {
            if (shard.ReadLimit is { } limit && !limit.TryPlace(call.NowTicks))
                throw KinesisErrors.Throttled(KinesisErrors.RateExceeded(shard.Id, stream.Name));
        }
        var place = new ReadingPlace("GetShardIterator", type!, fields.String("StartingSequenceNumber"), fields.Timestamp("Timestamp"));
        var iterator = ShardIterator.At(shard, place.CounterIn(shard, call.NowTicks), call.NowTicks);
        call.Answer.StartObject();
        call.Answer.Field("ShardIterator"u8, iterator.ToString());
        call.Answer.EndObject();
    }
}
