using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>The fields that every description of a stream shares.</summary>
internal static class StreamDetails
{
    public static void WriteIdentity(AnswerWriter answer, KinesisStream stream)
    {
        answer.Field("StreamName"u8, stream.Name);
        answer.Field("StreamARN"u8, stream.Arn);
        answer.Field("StreamStatus"u8, stream.Status.ToString().ToUpperInvariant());
        answer.Name("StreamModeDetails"u8);
        answer.StartObject();
        answer.Field("StreamMode"u8, stream.Mode == StreamMode.OnDemand ? "ON_DEMAND" : "PROVISIONED");
        answer.EndObject();
        answer.Name("StreamCreationTimestamp"u8);
        answer.Timestamp(stream.CreatedAtTicks);
    }

    public static void WriteSettings(AnswerWriter answer, KinesisStream stream)
    {
        answer.Field("RetentionPeriodHours"u8, stream.RetentionHours);
        answer.Name("EnhancedMonitoring"u8);
        answer.StartArray();
        answer.StartObject();
        answer.Strings("ShardLevelMetrics"u8, stream.ShardLevelMetrics);
        answer.EndObject();
        answer.EndArray();
        answer.Field("EncryptionType"u8, stream.KmsKeyId is null ? "NONE" : "KMS");
        if (stream.KmsKeyId is { } key) answer.Field("KeyId"u8, key);
    }
}
