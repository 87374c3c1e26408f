using System.Text.Json;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The properties of a call that the name or ARN of its stream decides; made once per stream.</summary>
/// <param name="stream">The name or ARN as it was given.</param>
/// <param name="arn">Its parts; null for a name.</param>
internal sealed class StreamRoute(string stream, StreamArn? arn)
{
    public bool IsArn => arn is not null;

    public string Name => arn?.StreamName ?? stream;

    public string? Account => arn?.Account;

    /// <summary>The request member that names the stream, in JSON.</summary>
    public byte[] Member { get; } = JsonMembers.Member(MemberName(arn), stream);

    /// <summary>The request member that names the stream, in CBOR.</summary>
    public byte[] CborMember { get; } = CborHead.Member(MemberName(arn), stream);

    public void WriteMember(Utf8JsonWriter json) => json.WriteString(MemberName(arn), stream);

    private static string MemberName(StreamArn? arn) => arn is null ? "StreamName" : "StreamARN";
}

/// <summary>The ARN of a stream, in its parts: <c>arn:aws:kinesis:us-east-1:123456789012:stream/events</c>.</summary>
internal sealed record StreamArn(string Partition, string Region, string Account, string StreamName)
{
    /// <summary>Whether a text claims to be an ARN: stream names have no colons.</summary>
    public static bool IsArn(string text) => text.StartsWith("arn:", StringComparison.Ordinal);

    /// <summary>Parses a stream's ARN into its parts; null if the text is not the ARN of a stream.</summary>
    public static StreamArn? TryParse(string text) =>
        Kpl.StreamName.IsArn(text) && text.Split(':') is [_, var partition, _, var region, var account, var resource]
            ? new StreamArn(partition, region, account, resource["stream/".Length..])
            : null;
}
