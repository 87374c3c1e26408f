namespace Orleans.Kpl.LocalKinesis.Operations.FanOut;

/// <summary>Ends a consumer and its subscriptions; it stays DELETING for a while.</summary>
internal static class DeregisterStreamConsumer
{
    public static void Execute(OperationCall call)
    {
        var consumer = ConsumerQuery.Of(call);
        consumer.Stream.Consumers.Deregister(consumer, call.NowTicks);
    }
}
