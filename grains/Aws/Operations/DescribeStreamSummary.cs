using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>DescribeStreamSummary: request and answer.</summary>
internal static class DescribeStreamSummary
{
    public static readonly KinesisOperation Operation = new("DescribeStreamSummary", OperationKind.Control);

    /// <summary>The record limit of a service that reports none: the limit that Kinesis had before it became a setting.</summary>
    private const int DefaultMaxRecordSizeInKiB = 1024;

    public static BufferedBody Request(StreamRoute stream) => BufferedBody.Write(stream, static (json, state) => state.WriteMember(json));

    public static StreamSummary Read(ref Utf8JsonReader json)
    {
        StreamSummary? summary = null;
        while (json.NextMember())
        {
            if (json.IsMember("StreamDescriptionSummary"u8))
                summary = ReadSummary(ref json);
            else
                json.SkipMember();
        }

        return summary ?? throw new JsonException("The answer has no StreamDescriptionSummary.");
    }

    private static StreamSummary ReadSummary(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? arn = null, status = null;
        var created = DateTimeOffset.UnixEpoch;
        var maxRecordSize = DefaultMaxRecordSizeInKiB;
        var onDemand = false;
        while (json.NextMember())
        {
            if (json.IsMember("StreamARN"u8))
                arn = json.GetString();
            else if (json.IsMember("StreamStatus"u8))
                status = json.GetString();
            else if (json.IsMember("StreamCreationTimestamp"u8))
                created = json.ReadTime();
            else if (json.IsMember("MaxRecordSizeInKiB"u8))
                maxRecordSize = json.TokenType == JsonTokenType.Null ? DefaultMaxRecordSizeInKiB : json.GetInt32();
            else if (json.IsMember("StreamModeDetails"u8))
                onDemand = ReadIsOnDemand(ref json);
            else
                json.SkipMember();
        }

        if (arn is null || status is null)
            throw new JsonException("The summary lacks the stream's ARN or its status.");
        return new StreamSummary(arn, status, created, maxRecordSize, onDemand);
    }

    private static bool ReadIsOnDemand(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null)
            return false;
        json.Expect(JsonTokenType.StartObject);
        var onDemand = false;
        while (json.NextMember())
        {
            if (json.IsMember("StreamMode"u8))
                onDemand = json.ValueTextEquals("ON_DEMAND"u8);
            else
                json.SkipMember();
        }

        return onDemand;
    }
}
