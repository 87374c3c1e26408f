using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>CreateStream: the request.</summary>
internal static class StreamLifecycle
{
    /// <summary>CreateStream, which names its stream and never goes to an account's own host.</summary>
    public static readonly KinesisOperation Create = new("CreateStream", OperationKind.Regional);

    /// <param name="stream">The stream; of an ARN only the name is used.</param>
    /// <param name="shardCount">How many shards; null asks for an on-demand stream.</param>
    public static BufferedBody CreateRequest(StreamRoute stream, int? shardCount) =>
        BufferedBody.Write((stream, shardCount), static (json, state) =>
        {
            json.WriteString("StreamName"u8, state.stream.Name);
            if (state.shardCount is { } count)
            {
                json.WriteNumber("ShardCount"u8, count);
                return;
            }

            json.WriteStartObject("StreamModeDetails"u8);
            json.WriteString("StreamMode"u8, "ON_DEMAND"u8);
            json.WriteEndObject();
        });
}
