using System.Text.Json;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>The answer of DescribeStreamSummary.</summary>
internal static class DescribeStreamSummary
{
    /// <summary>The record limit of a service that reports none: the limit that Kinesis had before it became a setting.</summary>
    private const int DefaultMaxRecordSizeInKiB = 1024;

    public static StreamSummary Read(ref Utf8JsonReader json)
    {
        var stream = json.ReadAs(KinesisAnswers.Default.SummaryAnswer).StreamDescriptionSummary;
        return new StreamSummary(
            stream.StreamARN, stream.StreamStatus, stream.StreamCreationTimestamp ?? DateTimeOffset.UnixEpoch,
            stream.MaxRecordSizeInKiB ?? DefaultMaxRecordSizeInKiB, stream.StreamModeDetails?.StreamMode == "ON_DEMAND", stream.WarmThroughput?.TargetMiBps,
            stream.RetentionPeriodHours);
    }
}

/// <summary>The answer as it comes.</summary>
internal sealed record SummaryAnswer(SummarizedStream StreamDescriptionSummary);

/// <summary>A stream as it comes.</summary>
internal sealed record SummarizedStream(
    string StreamARN, string StreamStatus, DateTimeOffset? StreamCreationTimestamp = null, int? MaxRecordSizeInKiB = null,
    ModeDetails? StreamModeDetails = null, WarmThroughput? WarmThroughput = null, int? RetentionPeriodHours = null);

/// <summary>The capacity mode of a stream: it says who decides on its shards.</summary>
internal sealed record ModeDetails(string? StreamMode = null);

/// <summary>The throughput that an on-demand stream is kept ready for, and is scaled to.</summary>
internal sealed record WarmThroughput(int? TargetMiBps = null);
