using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The beginning and the end of streams, and who decides on their shards.</summary>
internal static class LifecycleOperations
{
    private const int OnDemandShards = 4;

    /// <summary>A new stream, CREATING for a while.</summary>
    public static void CreateStream(OperationCall call)
    {
        var fields = call.Fields;
        var mode = ModeOf(fields.Object("StreamModeDetails"));
        var options = call.Store.Settings.Options;
        var (name, shards, recordKiB, warmMiBps) = Constraints.Read(c => (
            c.Name(fields.String("StreamName"), "streamName", required: true), c.Range(fields.Int("ShardCount"), "shardCount", 1, int.MaxValue),
            c.Range(fields.Int("MaxRecordSizeInKiB"), "maxRecordSizeInKiB", SizeLimits.DefaultRecordBytes / 1024, options.Sizes.MaxRecordBytes / 1024),
            c.Range(fields.Int("WarmThroughputMiBps"), "warmThroughputMiBps", 0, int.MaxValue)));
        if (mode == StreamMode.Provisioned && shards is null)
            throw KinesisErrors.InvalidArgument("ShardCount must be provided for a stream whose mode is PROVISIONED.");
        if (mode == StreamMode.OnDemand && shards is not null)
            throw KinesisErrors.InvalidArgument("ShardCount must not be provided for a stream whose mode is ON_DEMAND.");
        var tags = TagOperations.Read(call);
        var stream = call.Store.Create(name!, shards ?? OnDemandShards, mode, options.CreatingTime, tags);
        if (recordKiB is { } kiB) stream.MaxRecordBytes = kiB * 1024;
        stream.WarmThroughputMiBps = warmMiBps ?? 0;
    }

    public static StreamMode ModeOf(RequestFields? details)
    {
        var mode = Constraints.Read(c => c.OneOf(
            details?.String("StreamMode"), "streamModeDetails.streamMode", required: details is not null, "PROVISIONED", "ON_DEMAND"));
        return mode == "ON_DEMAND" ? StreamMode.OnDemand : StreamMode.Provisioned;
    }

    /// <summary>Ends a stream, whatever it is doing; it stays DELETING for a while. Its consumers go with it where the call says so.</summary>
    public static void DeleteStream(OperationCall call)
    {
        var stream = call.Stream();
        if (call.Fields.Bool("EnforceConsumerDeletion") is not true && stream.Consumers.All.Count > 0)
            throw KinesisErrors.ResourceInUse(
                $"Stream {stream.Name} under account {KinesisErrors.Account} has registered consumers, and EnforceConsumerDeletion is not set.");
        call.Store.Delete(stream);
    }

    /// <summary>Provisioned or on demand, at run time.</summary>
    public static void UpdateStreamMode(OperationCall call)
    {
        var details = call.Fields.Object("StreamModeDetails");
        var constraints = new Constraints();
        constraints.Required("streamModeDetails", details is not null);
        constraints.ThrowIfAny();
        var mode = ModeOf(details);
        var warmMiBps = Constraints.Read(c => c.Range(call.Fields.Int("WarmThroughputMiBps"), "warmThroughputMiBps", 0, int.MaxValue));
        var stream = call.StreamOfArn("StreamARN");
        lock (stream.Lock)
        {
            Reshard.Require(stream);
            stream.Mode = mode;
            // Provisioned streams have none.
            stream.WarmThroughputMiBps = mode == StreamMode.OnDemand ? warmMiBps ?? stream.WarmThroughputMiBps : 0;
            Reshard.Start(stream, []);
        }
    }
}
