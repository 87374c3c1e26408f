using System.Text.Json;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The properties of a call that the name or ARN of its stream decides; made once per stream.</summary>
internal sealed class StreamRoute
{
    public StreamRoute(string stream, StreamArn? arn)
    {
        Stream = stream;
        IsArn = arn is not null;
        Name = arn?.StreamName ?? stream;
        Account = arn?.Account;
        Member = JsonMembers.Member(MemberName, stream);
        CborMember = CborHead.Member(MemberName, stream);
    }

    /// <summary>The name or ARN as it was given.</summary>
    public string Stream { get; }

    public bool IsArn { get; }

    public string Name { get; }

    /// <summary>The account in the ARN; null for a name.</summary>
    public string? Account { get; }

    /// <summary>The request member that names the stream, in JSON.</summary>
    public byte[] Member { get; }

    /// <summary>The request member that names the stream, in CBOR.</summary>
    public byte[] CborMember { get; }

    private string MemberName => IsArn ? "StreamARN" : "StreamName";

    public void WriteMember(Utf8JsonWriter json) => json.WriteString(MemberName, Stream);
}
