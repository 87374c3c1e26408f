using Orleans.Kpl.LocalKinesis.FanOut;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Subscribes a consumer to a shard. What is wrong with the call is an ordinary error; the answer to a good one is a stream of events.</summary>
internal static class SubscribeToShard
{
    public static void Execute(OperationCall call)
    {
        var fields = call.Fields;
        var start = fields.Object("StartingPosition");
        var constraints = new Constraints();
        var arn = constraints.ConsumerArn(fields.String("ConsumerARN"), "consumerARN", required: true);
        var shardId = constraints.Name(fields.String("ShardId"), "shardId", required: true);
        constraints.Required("startingPosition", start is not null);
        var type = constraints.OneOf(start?.String("Type"), "startingPosition.type", required: start is not null, StartingPosition.Types);
        constraints.ThrowIfAny();
        var position = new StartingPosition("SubscribeToShard", type!, start!.String("SequenceNumber"), start.Timestamp("Timestamp"));
        call.Subscription = Subscribe(call, ConsumerOperations.ByArn(call.Store, arn!), shardId!, position);
    }

    private static ShardSubscription Subscribe(OperationCall call, StreamConsumer consumer, string shardId, StartingPosition position)
    {
        var stream = consumer.Stream;
        RecordWriter.RequireShards(stream);
        lock (stream.Lock)
        {
            if (consumer.Status != ConsumerStatus.Active) throw KinesisErrors.ResourceInUse($"{consumer.Title} is not in ACTIVE status.");
            var shard = stream.FindShard(shardId) ?? throw KinesisErrors.ShardNotFound(shardId, stream.Name);
            var title = $"{KinesisErrors.Account}:{stream.Name}:{shard.Id}:{consumer.Name}";
            var slot = consumer.Slot(shard, call.NowTicks);
            slot.Check(title, call.NowTicks);
            var rate = stream.Settings.Options.EnforceReadLimits ? slot.Rate : null;
            var events = new SubscriptionEvents(shard, position.CounterIn(shard, call.NowTicks), rate);
            var subscription = new ShardSubscription(consumer, shard, events, call.Faults?.SubscriptionFailure, call.NowTicks);
            slot.Take(subscription, title, call.NowTicks);
            return subscription;
        }
    }
}
