using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>DescribeLimits: request and answer. The request names no stream.</summary>
internal static class DescribeLimits
{
    public static readonly KinesisOperation Operation = new("DescribeLimits", OperationKind.Regional);

    public static BufferedBody Request() => BufferedBody.Write(0, static (_, _) => { });

    public static AccountShards Read(ref Utf8JsonReader json)
    {
        var answer = json.ReadAs(KinesisAnswers.Default.LimitsAnswer);
        return new AccountShards(answer.ShardLimit, answer.OpenShardCount);
    }
}

/// <summary>The answer as it comes.</summary>
internal sealed record LimitsAnswer(int ShardLimit, int OpenShardCount);
