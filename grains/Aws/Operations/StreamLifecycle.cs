using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>CreateStream and DeleteStream.</summary>
internal static class StreamLifecycle
{
    /// <summary>CreateStream, which names its stream and never goes to an account's own host.</summary>
    public static readonly KinesisOperation Create = new("CreateStream", OperationKind.Regional);

    public static readonly KinesisOperation Delete = new("DeleteStream", OperationKind.Control);

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

    /// <param name="enforceConsumerDeletion">Whether registered consumers are deleted too; otherwise they prevent the deletion.</param>
    public static BufferedBody DeleteRequest(StreamRoute stream, bool enforceConsumerDeletion) =>
        BufferedBody.Write((stream, enforceConsumerDeletion), static (json, state) =>
        {
            state.stream.WriteMember(json);
            json.WriteBoolean("EnforceConsumerDeletion"u8, state.enforceConsumerDeletion);
        });
}
