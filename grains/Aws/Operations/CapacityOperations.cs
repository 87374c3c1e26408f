using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>UpdateStreamWarmThroughput, UpdateMaxRecordSize, UpdateStreamMode and DescribeAccountSettings. All but the last name the stream's ARN.</summary>
internal static class CapacityOperations
{
    public static readonly KinesisOperation Account = new("DescribeAccountSettings", OperationKind.Regional);

    public static KinesisOperation OperationOf(CapacityCall call) => new(
        call switch { CapacityCall.Warm => "UpdateStreamWarmThroughput", CapacityCall.MaxRecord => "UpdateMaxRecordSize", _ => "UpdateStreamMode" },
        OperationKind.Control);

    public static BufferedBody Request(string streamArn, CapacityCall call) => BufferedBody.Write((streamArn, call), static (json, state) =>
    {
        json.WriteString("StreamARN"u8, state.streamArn);
        switch (state.call)
        {
            case CapacityCall.Warm warm:
                json.WriteNumber("WarmThroughputMiBps"u8, warm.MiBPerSecond);
                break;
            case CapacityCall.MaxRecord limit:
                json.WriteNumber("MaxRecordSizeInKiB"u8, limit.KiB);
                break;
            case CapacityCall.Mode mode:
                json.WriteStartObject("StreamModeDetails"u8);
                json.WriteString("StreamMode"u8, mode.OnDemand ? "ON_DEMAND"u8 : "PROVISIONED"u8);
                json.WriteEndObject();
                break;
        }
    });

    public static string? ReadCommitment(ref Utf8JsonReader json) =>
        json.ReadAs(KinesisAnswers.Default.AccountAnswer).MinimumThroughputBillingCommitment?.Status;
}

/// <summary>The answer of DescribeAccountSettings as it comes.</summary>
internal sealed record AccountAnswer(BillingCommitment? MinimumThroughputBillingCommitment = null);

/// <summary>The account's commitment to be billed for a minimum.</summary>
internal sealed record BillingCommitment(string? Status = null);
