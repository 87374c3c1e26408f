namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>A stream without its shards, with its record limit.</summary>
internal static class DescribeStreamSummary
{
    public static void Execute(OperationCall call)
    {
        var stream = call.Stream();
        var answer = call.Answer;
        answer.StartObject();
        answer.Name("StreamDescriptionSummary"u8);
        answer.StartObject();
        StreamDetails.WriteIdentity(answer, stream);
        StreamDetails.WriteSettings(answer, stream);
        answer.Field("OpenShardCount"u8, stream.Map.Shards.Length);
        answer.Field("ConsumerCount"u8, stream.Consumers.All.Count);
        if (stream.WarmThroughputMiBps > 0) WarmThroughput.Write(answer, stream);
        // Before streams could take larger records the summary did not say how large they may be.
        if (call.Store.Settings.Options.Sizes.MaxRecordBytes > SizeLimits.DefaultRecordBytes)
            answer.Field("MaxRecordSizeInKiB"u8, stream.MaxRecordBytes / 1024);
        answer.EndObject();
        answer.EndObject();
    }
}
