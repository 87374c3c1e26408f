using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>What an on-demand stream is kept ready for.</summary>
internal static class WarmThroughput
{
    public static void Write(AnswerWriter answer, KinesisStream stream)
    {
        answer.Name("WarmThroughput"u8);
        answer.StartObject();
        answer.Field("TargetMiBps"u8, stream.WarmThroughputMiBps);
        answer.Field("CurrentMiBps"u8, stream.WarmThroughputMiBps);
        answer.EndObject();
    }
}
