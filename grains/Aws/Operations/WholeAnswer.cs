using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>Requests whose answers are passed on whole, with members that are not known here.</summary>
internal static class WholeAnswer
{
    public static readonly KinesisOperation Streams = new("ListStreams", OperationKind.Regional);

    /// <summary>The target of a call that names no stream: the region's endpoint, with the process' own credentials.</summary>
    public static readonly StreamTarget NoStream = new("-", null, TimeSpan.FromSeconds(6));

    public static BufferedBody ListStreams(string? after) => BufferedBody.Write(after, static (json, state) =>
    {
        if (state is not null)
            json.WriteString("ExclusiveStartStreamName"u8, state);
    });

    public static BufferedBody ListShards(StreamRoute stream, string? filter) =>
        BufferedBody.Write((stream, filter), static (json, state) =>
        {
            state.stream.WriteMember(json);
            if (state.filter is null)
                return;
            json.WritePropertyName("ShardFilter"u8);
            json.WriteRawValue(state.filter);
        });

    public static JsonElement Read(ref Utf8JsonReader json) => JsonElement.ParseValue(ref json);
}
