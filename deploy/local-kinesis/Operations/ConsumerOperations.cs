using System.Globalization;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The consumers that are registered for enhanced fan-out.</summary>
internal static class ConsumerOperations
{
    private const string Kind = "consumers";
    private const int DefaultPage = 100;
    private const int LargestPage = 10_000;

    /// <summary>A new consumer of a stream, CREATING for a while.</summary>
    public static void RegisterStreamConsumer(OperationCall call)
    {
        var name = Constraints.Read(c => c.Name(call.Fields.String("ConsumerName"), "consumerName", required: true));
        var tags = TagOperations.Read(call);
        var consumer = call.StreamOfArn("StreamARN").Consumers.Register(name!, tags, call.NowTicks);
        call.Answer.StartObject("Consumer"u8);
        WriteDetails(call.Answer, consumer);
        call.Answer.EndObject();
    }

    /// <summary>Ends a consumer and its subscriptions; it stays DELETING for a while.</summary>
    public static void DeregisterStreamConsumer(OperationCall call)
    {
        var consumer = Find(call);
        consumer.Stream.Consumers.Deregister(consumer, call.NowTicks);
    }

    public static void DescribeStreamConsumer(OperationCall call)
    {
        var consumer = Find(call);
        call.Answer.StartObject("ConsumerDescription"u8);
        WriteDetails(call.Answer, consumer);
        call.Answer.Field("StreamARN"u8, consumer.Stream.Arn);
        call.Answer.EndObject();
    }

    /// <summary>
    /// A stream's consumers by name, page by page. A NextToken lives for 300 s. StreamARN comes with it, because the request cannot do
    /// without, and must be that of its stream.
    /// </summary>
    public static void ListStreamConsumers(OperationCall call)
    {
        var (most, token) = Constraints.Read(c => (
            c.Range(call.Fields.Int("MaxResults"), "maxResults", 1, LargestPage), c.Length(call.Fields.String("NextToken"), "nextToken", 1, 1_048_576)));
        var stream = call.StreamOfArn("StreamARN");
        CheckCreation(call, stream);
        var after = token is null ? null : Continue(call, stream, token);
        var (page, more) = Page.Of(stream.Consumers.All, consumer => consumer.Name, after, most ?? DefaultPage);
        call.Answer.Objects("Consumers"u8, page, consumer => WriteDetails(call.Answer, consumer));
        if (more)
            call.Answer.Field("NextToken"u8, OpaqueToken.Write(Kind, stream.Name, stream.CreatedAtTicks, page[^1].Name, call.NowTicks));
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

    /// <summary>Finds the consumer that a request names: by its ARN, or by its stream's ARN and its name.</summary>
    private static StreamConsumer Find(OperationCall call)
    {
        var fields = call.Fields;
        var stream = fields.String("StreamARN");
        var (arn, name) = Constraints.Read(c => (
            c.ConsumerArn(fields.String("ConsumerARN"), "consumerARN"), c.Name(fields.String("ConsumerName"), "consumerName")));
        if (arn is null && (stream is null || name is null))
            throw KinesisErrors.InvalidArgument("Either ConsumerARN, or both StreamARN and ConsumerName must be provided.");
        if (arn is null) return ByName(call.Store.Get(stream!), name!);
        var found = ByArn(call.Store, arn);
        if ((stream is not null && StreamStore.NameOf(stream) != found.Stream.Name) || (name is not null && name != found.Name))
            throw KinesisErrors.InvalidArgument($"ConsumerARN {arn} is not that of the consumer which StreamARN and ConsumerName name.");
        return found;
    }

    /// <summary>The fields that every description of a consumer shares.</summary>
    private static void WriteDetails(AnswerWriter answer, StreamConsumer consumer)
    {
        answer.Field("ConsumerName"u8, consumer.Name);
        answer.Field("ConsumerARN"u8, consumer.Arn.ToString());
        answer.Field("ConsumerStatus"u8, consumer.Status.ToString().ToUpperInvariant());
        answer.Instant("ConsumerCreationTimestamp"u8, consumer.RegisteredAtTicks);
    }

    private static void CheckCreation(OperationCall call, KinesisStream stream)
    {
        if (call.Fields.Timestamp("StreamCreationTimestamp") is not { } created) return;
        if (call.Fields.String("NextToken") is not null)
            throw KinesisErrors.InvalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.");
        if (Math.Abs(created - stream.CreatedAtTicks) >= TimeSpan.TicksPerSecond) throw KinesisErrors.ResourceNotFound(stream.Name);
    }

    /// <summary>The name after which the page starts.</summary>
    private static string Continue(OperationCall call, KinesisStream stream, string token)
    {
        if (OpaqueToken.Read(token, Kind, 4) is not { } parts || parts[0] != stream.Name
            || !long.TryParse(parts[1], NumberStyles.None, null, out var created) || created != stream.CreatedAtTicks
            || !long.TryParse(parts[3], NumberStyles.None, null, out var issued))
            throw KinesisErrors.InvalidArgument("NextToken is invalid.");
        Page.CheckAge(call, issued);
        return parts[2];
    }

    private static StreamConsumer ByName(KinesisStream stream, string name) =>
        stream.Consumers.Find(name) ?? throw KinesisErrors.ConsumerNotFound(
            $"Consumer {name} under stream: {stream.Name}, account {KinesisErrors.Account}");
}
