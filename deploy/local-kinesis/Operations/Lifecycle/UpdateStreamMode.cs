using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>Provisioned or on demand, at run time.</summary>
internal static class UpdateStreamMode
{
    public static void Execute(OperationCall call)
    {
        var mode = CreateStream.ModeOf(call.Fields.Object("StreamModeDetails"));
        var stream = call.StreamOfArn("StreamARN");
        lock (stream.Gate)
        {
            Reshard.Require(stream);
            stream.Mode = mode;
            stream.WarmThroughputMiBps = call.Fields.Int("WarmThroughputMiBps") ?? stream.WarmThroughputMiBps;
            Reshard.Start(stream, []);
        }
    }
}
