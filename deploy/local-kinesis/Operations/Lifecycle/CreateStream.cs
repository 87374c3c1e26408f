using Orleans.Kpl.LocalKinesis.Operations.Tagging;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>A new stream, CREATING for a while.</summary>
internal static class CreateStream
{
    private const int OnDemandShards = 4;

    public static void Execute(OperationCall call)
    {
        var fields = call.Fields;
        var (name, shards, recordKiB) = (fields.String("StreamName"), fields.Int("ShardCount"), fields.Int("MaxRecordSizeInKiB"));
        var mode = ModeOf(fields.Object("StreamModeDetails"));
        var options = call.Store.Settings.Options;
        var constraints = new Constraints();
        constraints.Required("streamName", name is not null);
        constraints.Name(name, "streamName");
        constraints.Range(shards, "shardCount", 1, int.MaxValue);
        constraints.Range(recordKiB, "maxRecordSizeInKiB", SizeLimits.DefaultRecordBytes / 1024, options.Sizes.MaxRecordBytes / 1024);
        constraints.ThrowIfAny();
        if (mode == StreamMode.Provisioned && shards is null)
            throw KinesisErrors.InvalidArgument("ShardCount must be provided for a stream whose mode is PROVISIONED.");
        if (mode == StreamMode.OnDemand && shards is not null)
            throw KinesisErrors.InvalidArgument("ShardCount must not be provided for a stream whose mode is ON_DEMAND.");
        var tags = fields.Map("Tags") ?? new Dictionary<string, string>();
        TagRules.Check(tags);
        var stream = call.Store.Create(name!, shards ?? OnDemandShards, mode, options.CreatingTime, tags);
        if (recordKiB is { } kiB) stream.MaxRecordBytes = kiB * 1024;
        stream.WarmThroughputMiBps = fields.Int("WarmThroughputMiBps") ?? 0;
    }

    public static StreamMode ModeOf(RequestFields? details)
    {
        var mode = details?.String("StreamMode");
        var constraints = new Constraints();
        if (details is not null) constraints.Required("streamModeDetails.streamMode", mode is not null);
        constraints.OneOf(mode, "streamModeDetails.streamMode", "PROVISIONED", "ON_DEMAND");
        constraints.ThrowIfAny();
        return mode == "ON_DEMAND" ? StreamMode.OnDemand : StreamMode.Provisioned;
    }
}
