using Orleans.Kpl.LocalKinesis.Operations.Tagging;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.FanOut;

/// <summary>A new consumer of a stream, CREATING for a while.</summary>
internal static class RegisterStreamConsumer
{
    public static void Execute(OperationCall call)
    {
        var name = call.Fields.String("ConsumerName");
        var constraints = new Constraints();
        constraints.Required("consumerName", name is not null);
        constraints.Name(name, "consumerName");
        constraints.ThrowIfAny();
        var tags = call.Fields.Map("Tags") ?? new Dictionary<string, string>();
        TagRules.Check(tags);
        var consumer = call.StreamOfArn("StreamARN").Consumers.Register(name!, tags, call.NowTicks);
        call.Answer.StartObject();
        call.Answer.Name("Consumer"u8);
        call.Answer.StartObject();
        ConsumerDetails.Write(call.Answer, consumer);
        call.Answer.EndObject();
        call.Answer.EndObject();
    }
}
