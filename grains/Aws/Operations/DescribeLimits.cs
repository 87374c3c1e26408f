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
        int? limit = null, open = null;
        while (json.NextMember())
        {
            if (json.IsMember("ShardLimit"u8))
                limit = json.GetInt32();
            else if (json.IsMember("OpenShardCount"u8))
                open = json.GetInt32();
            else
                json.SkipMember();
        }

        return limit is { } most && open is { } now ? new AccountShards(most, now) : throw new JsonException("The answer lacks a number of shards.");
    }
}
