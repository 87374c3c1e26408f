using System.Text.Json;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What a producer asks about a stream before it sends.</summary>
internal static class StreamAnswers
{
    public static byte[] ListShards(ShardRanges shards) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        Shards = Enumerable.Range(0, shards.Count).Select(i => new
        {
            ShardId = ShardRanges.Id(i),
            HashKeyRange = new { StartingHashKey = shards.Start(i).ToString(), EndingHashKey = shards.End(i).ToString() },
            SequenceNumberRange = new { StartingSequenceNumber = "0" },
        }),
    });

    public static byte[] DescribeStreamSummary(ShardRanges shards) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        StreamDescriptionSummary = new
        {
            StreamName = ShardRanges.StreamOf(shards.Count),
            StreamARN = $"arn:aws:kinesis:us-east-1:000000000000:stream/{ShardRanges.StreamOf(shards.Count)}",
            StreamStatus = "ACTIVE",
            StreamModeDetails = new { StreamMode = "PROVISIONED" },
            StreamCreationTimestamp = 1_767_225_600.0,
            RetentionPeriodHours = 24,
            OpenShardCount = shards.Count,
            MaxRecordSizeInKiB = 1024,
            ConsumerCount = 0,
            EncryptionType = "NONE",
            EnhancedMonitoring = Array.Empty<object>(),
        },
    });
}
