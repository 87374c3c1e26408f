using Orleans.Kpl.LocalKinesis.FanOut;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>One call of an operation: its request and where its answer goes.</summary>
internal sealed class OperationCall(StreamStore store, ReadOnlyMemory<byte> body, bool cbor, AnswerWriter answer, FaultedCall? faults)
{
    private RequestFields? _fields;

    public StreamStore Store => store;
    public AnswerWriter Answer => answer;

    /// <summary>Whether it has no body at all, which most operations take for one without fields.</summary>
    public bool IsEmpty => body.IsEmpty;

    /// <summary>The effect of faults on this call, while some are on.</summary>
    public FaultedCall? Faults => faults;

    /// <summary>The subscription that answers the call with a stream of events; null for all but SubscribeToShard.</summary>
    public ShardSubscription? Subscription { get; set; }

    public long NowTicks { get; } = store.NowTicks;
    public RequestFields Fields => _fields ??= RequestFields.Parse(body, cbor);

    /// <summary>The stream that the request names by StreamName or StreamARN.</summary>
    public KinesisStream Stream() => Resolve(Fields.String("StreamName"), Fields.String("StreamARN"));

    /// <summary>The stream that the request names by an ARN in a field that must be there.</summary>
    public KinesisStream StreamOfArn(string field) => store.Get(Arn(field));

    /// <summary>A string that the request must have.</summary>
    public string Required(string field) => Constraints.Read(c =>
        c.Length(Fields.String(field), char.ToLowerInvariant(field[0]) + field[1..], 0, int.MaxValue, required: true))!;

    /// <summary>The stream or the consumer that the request names by its ResourceARN.</summary>
    public KinesisResource Resource()
    {
        var arn = Arn("ResourceARN");
        return ConsumerArn.TryParse(arn, out _) ? ConsumerOperations.ByArn(store, arn).Resource : store.Get(arn).Resource;
    }

    public KinesisStream Resolve(string? name, string? arn)
    {
        if (name is null && arn is null)
            throw KinesisErrors.InvalidArgument("Either StreamName or StreamARN must be provided.");
        Constraints.Read(c => (c.Name(name, "streamName"), c.StreamArn(arn, "streamARN")));
        if (name is not null && arn is not null && StreamStore.NameOf(arn) != name)
            throw KinesisErrors.InvalidArgument($"StreamName {name} and StreamARN {arn} are not of the same stream.");
        return store.Get(arn ?? name!);
    }

    /// <summary>The ARN of a stream, or of what belongs to one, in a field that must be there.</summary>
    private string Arn(string field) =>
        Constraints.Read(c => c.StreamArn(Fields.String(field), char.ToLowerInvariant(field[0]) + field[1..], required: true))!;
}
