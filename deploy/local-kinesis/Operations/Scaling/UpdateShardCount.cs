using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Scaling;

/// <summary>Even ranges for another number of shards, at most double and at least half.</summary>
internal static class UpdateShardCount
{
    public static void Execute(OperationCall call)
    {
        var (target, type) = (call.Fields.Int("TargetShardCount"), call.Fields.String("ScalingType"));
        var constraints = new Constraints();
        constraints.Required("targetShardCount", target is not null);
        constraints.Range(target, "targetShardCount", 1, int.MaxValue);
        constraints.Required("scalingType", type is not null);
        constraints.OneOf(type, "scalingType", "UNIFORM_SCALING");
        constraints.ThrowIfAny();
        var stream = call.Stream();
        var current = UniformScaling.Start(call.Store, stream, target!.Value);
        call.Answer.StartObject();
        call.Answer.Field("StreamName"u8, stream.Name);
        call.Answer.Field("StreamARN"u8, stream.Arn);
        call.Answer.Field("CurrentShardCount"u8, current);
        call.Answer.Field("TargetShardCount"u8, target.Value);
        call.Answer.EndObject();
    }
}
