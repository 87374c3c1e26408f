using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.FanOut;

/// <summary>Finds the consumer that a request names: by its ARN, or by its stream's ARN and its name.</summary>
internal static class ConsumerQuery
{
    public static StreamConsumer Of(OperationCall call)
    {
        var fields = call.Fields;
        var (arn, stream, name) = (fields.String("ConsumerARN"), fields.String("StreamARN"), fields.String("ConsumerName"));
        var constraints = new Constraints();
        constraints.ConsumerArn(arn, "consumerARN");
        constraints.Name(name, "consumerName");
        constraints.ThrowIfAny();
        if (arn is null && (stream is null || name is null))
            throw KinesisErrors.InvalidArgument("Either ConsumerARN, or both StreamARN and ConsumerName must be provided.");
        if (arn is null) return ByName(call.Store.Get(stream!), name!);
        var found = ByArn(call.Store, arn);
        if ((stream is not null && StreamStore.NameOf(stream) != found.Stream.Name) || (name is not null && name != found.Name))
            throw KinesisErrors.InvalidArgument($"ConsumerARN {arn} is not that of the consumer which StreamARN and ConsumerName name.");
        return found;
    }

    public static StreamConsumer ByArn(StreamStore store, string text)
    {
        // Of another account or region: nobody's.
        if (!ConsumerArn.TryParse(text, out var arn)) throw KinesisErrors.ConsumerNotFound($"Consumer {text}");
        return store.Get(arn.Stream).Consumers.Find(arn.Name) is { } consumer && consumer.Arn.RegisteredAt == arn.RegisteredAt
            ? consumer
            : throw KinesisErrors.ConsumerNotFound(
                $"Consumer {arn.Name} with creation timestamp {arn.RegisteredAt} under stream: {arn.Stream}, account {KinesisErrors.Account}");
    }

    private static StreamConsumer ByName(KinesisStream stream, string name) =>
        stream.Consumers.Find(name) ?? throw KinesisErrors.ConsumerNotFound(
            $"Consumer {name} under stream: {stream.Name}, account {KinesisErrors.Account}");
}
