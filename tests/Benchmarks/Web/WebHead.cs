using System.Text;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>Writes a request's line and headers before its body.</summary>
internal sealed class WebHead(WebSpec spec)
{
    private readonly string _host = new Uri(spec.Url).Authority;
    private readonly PlainSigner _signer = new(new Uri(spec.Url).Authority, WebRequests.AccessKeyId, WebRequests.Secret, "us-east-1");

    public byte[] Before(ReadOnlySpan<byte> body)
    {
        var head = new StringBuilder($"POST {Path} HTTP/1.1\r\nHost: {_host}\r\nContent-Type: {Type}\r\nContent-Length: {body.Length}\r\n");
        if (spec.Kind == WebKind.SignedPutRecords)
            Sign(head, body);
        else if (spec.Kind == WebKind.PutRecords)
            head.Append("x-amz-target: Kinesis_20131202.PutRecords\r\n");
        if (spec.Credential is { } credential)
            head.Append($"Authorization: Bearer {credential}\r\n");
        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body];
    }

    private string Path => spec.Kind switch
    {
        WebKind.Lines => $"/streams/{spec.Stream}/records",
        WebKind.Confirmed => "/events/confirmed",
        _ => "/",
    };

    private string Type => spec.Kind switch
    {
        WebKind.Lines => "application/vnd.kpl.records+ndjson",
        WebKind.Confirmed => "application/json",
        _ => PlainSigner.ContentType,
    };

    private void Sign(StringBuilder head, ReadOnlySpan<byte> body)
    {
        using var message = new HttpRequestMessage();
        _signer.Sign(message.Headers, body, DateTime.UtcNow);
        foreach (var (name, values) in message.Headers.NonValidated)
            head.Append($"{name}: {values}\r\n");
    }
}
