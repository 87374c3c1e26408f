using Orleans.Kpl.LocalKinesis.Operations.Listing;
using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>What an on-demand stream is kept ready for.</summary>
internal static class UpdateStreamWarmThroughput
{
    public static void Execute(OperationCall call)
    {
        var target = call.Fields.Int("WarmThroughputMiBps");
        var constraints = new Constraints();
        constraints.Required("warmThroughputMiBps", target is not null);
        constraints.Range(target, "warmThroughputMiBps", 0, int.MaxValue);
        constraints.ThrowIfAny();
        var stream = call.Stream();
        Reshard.Require(stream);
        if (stream.Mode != StreamMode.OnDemand)
            throw KinesisErrors.InvalidArgument($"Stream {stream.Name} under account {KinesisErrors.Account} is not ON_DEMAND.");
        stream.WarmThroughputMiBps = target!.Value;
        call.Answer.StartObject();
        call.Answer.Field("StreamARN"u8, stream.Arn);
        call.Answer.Field("StreamName"u8, stream.Name);
        WarmThroughput.Write(call.Answer, stream);
        call.Answer.EndObject();
    }
}
