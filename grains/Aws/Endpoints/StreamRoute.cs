using System.Text.Json;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>All that the name or ARN of a stream decides about a call; made once per stream.</summary>
internal sealed class StreamRoute
{
    public StreamRoute(string stream, StreamArn? arn)
    {
        Stream = stream;
        IsArn = arn is not null;
        Name = arn?.StreamName ?? stream;
        Account = arn?.Account;
        Member = JsonMembers.Member(IsArn ? "StreamARN" : "StreamName", stream);
    }

    /// <summary>The name or ARN as it was given.</summary>
    public string Stream { get; }

    public bool IsArn { get; }

    public string Name { get; }

    /// <summary>The account in the ARN; null for a name.</summary>
    public string? Account { get; }

    /// <summary>The request member that names the stream.</summary>
    public byte[] Member { get; }

    public void WriteMember(Utf8JsonWriter json) => json.WriteString(IsArn ? "StreamARN"u8 : "StreamName"u8, Stream);
}
