namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The operations that describe streams and the account.</summary>
internal static class DescribeOperations
{
    private const int DefaultPage = 100;
    private const string Kind = "streams";
    private const int OnDemandStreamLimit = 50;

    /// <summary>A stream and its shards, the latter page by page.</summary>
    public static void DescribeStream(OperationCall call)
    {
        var (limit, _) = Constraints.Read(c => (
            c.Range(call.Fields.Int("Limit"), "limit", 1, 10_000), c.Name(call.Fields.String("ExclusiveStartShardId"), "exclusiveStartShardId")));
        var stream = call.Stream();
        var filter = ShardFilter.Parse(call.Fields);
        var answer = call.Answer;
        answer.StartObject("StreamDescription"u8);
        WriteIdentity(answer, stream);
        WriteSettings(answer, stream);
        var (_, more) = filter.Write(call, stream, limit ?? DefaultPage);
        answer.Field("HasMoreShards"u8, more);
        answer.EndObject();
    }

    /// <summary>A stream without its shards, with its record limit.</summary>
    public static void DescribeStreamSummary(OperationCall call)
    {
        var stream = call.Stream();
        var answer = call.Answer;
        answer.StartObject("StreamDescriptionSummary"u8);
        WriteIdentity(answer, stream);
        WriteSettings(answer, stream);
        answer.Field("OpenShardCount"u8, stream.Map.Shards.Length);
        answer.Field("ConsumerCount"u8, stream.Consumers.All.Count);
        if (stream.WarmThroughputMiBps > 0) WriteWarmThroughput(answer, stream);
        // Before streams could take larger records the summary did not say how large they may be.
        if (call.Store.Settings.Options.Sizes.MaxRecordBytes > SizeLimits.DefaultRecordBytes)
            answer.Field("MaxRecordSizeInKiB"u8, stream.MaxRecordBytes / 1024);
        answer.EndObject();
    }

    /// <summary>The account's streams by name, page by page.</summary>
    public static void ListStreams(OperationCall call)
    {
        var fields = call.Fields;
        var (limit, after) = Constraints.Read(c => (
            c.Range(fields.Int("Limit"), "limit", 1, 10_000), c.Name(fields.String("ExclusiveStartStreamName"), "exclusiveStartStreamName")));
        if (fields.String("NextToken") is { } token)
            after = OpaqueToken.Read(token, Kind, 1)?[0] ?? throw KinesisErrors.InvalidArgument("NextToken is invalid.");
        var (page, more) = Page.Of(call.Store.Streams, stream => stream.Name, after, limit ?? DefaultPage);
        var answer = call.Answer;
        answer.Strings("StreamNames"u8, page.Select(stream => stream.Name));
        answer.Objects("StreamSummaries"u8, page, stream => WriteIdentity(answer, stream));
        answer.Field("HasMoreStreams"u8, more);
        if (more) answer.Field("NextToken"u8, OpaqueToken.Write(Kind, page[^1].Name));
    }

    /// <summary>The account's shards and how many it may have.</summary>
    public static void DescribeLimits(OperationCall call)
    {
        var answer = call.Answer;
        answer.Field("ShardLimit"u8, call.Store.Settings.Options.ShardLimit);
        answer.Field("OpenShardCount"u8, call.Store.OpenShards);
        answer.Field("OnDemandStreamCount"u8, call.Store.Streams.Count(stream => stream.Mode == StreamMode.OnDemand));
        answer.Field("OnDemandStreamCountLimit"u8, OnDemandStreamLimit);
    }

    public static void WriteWarmThroughput(AnswerWriter answer, KinesisStream stream)
    {
        answer.StartObject("WarmThroughput"u8);
        answer.Field("TargetMiBps"u8, stream.WarmThroughputMiBps);
        answer.Field("CurrentMiBps"u8, stream.WarmThroughputMiBps);
        answer.EndObject();
    }

    /// <summary>The fields that every description of a stream has.</summary>
    private static void WriteIdentity(AnswerWriter answer, KinesisStream stream)
    {
        answer.Field("StreamName"u8, stream.Name);
        answer.Field("StreamARN"u8, stream.Arn);
        answer.Field("StreamStatus"u8, stream.Status.ToString().ToUpperInvariant());
        answer.StartObject("StreamModeDetails"u8);
        answer.Field("StreamMode"u8, stream.Mode == StreamMode.OnDemand ? "ON_DEMAND" : "PROVISIONED");
        answer.EndObject();
        answer.Instant("StreamCreationTimestamp"u8, stream.CreatedAtTicks);
    }

    private static void WriteSettings(AnswerWriter answer, KinesisStream stream)
    {
        answer.Field("RetentionPeriodHours"u8, stream.RetentionHours);
        answer.StartArray("EnhancedMonitoring"u8);
        answer.StartObject();
        answer.Strings("ShardLevelMetrics"u8, stream.ShardLevelMetrics);
        answer.EndObject();
        answer.EndArray();
        answer.Field("EncryptionType"u8, stream.KmsKeyId is null ? "NONE" : "KMS");
        if (stream.KmsKeyId is { } key) answer.Field("KeyId"u8, key);
    }
}
