using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Kinesis.Signing;

/// <summary>The texts of a request that its signature is made of (AWS, "Create a signed AWS API request", steps 1 to 3).</summary>
internal static class SignedText
{
    private const string Authority = ":authority";

    /// <summary>Returns the canonical form of a request.</summary>
    /// <param name="request">The request; its path is the root.</param>
    /// <param name="signedHeaders">The names of the signed headers, in their order.</param>
    public static string Canonical(HttpRequest request, string host, string[] signedHeaders, ReadOnlySpan<byte> bodyHash)
    {
        var text = new StringBuilder(1_024);
        text.Append(request.Method).Append("\n/\n");
        var query = request.QueryString.Value is { Length: > 1 } value ? value[1..].Split('&', StringSplitOptions.RemoveEmptyEntries) : [];
        text.AppendJoin('&', query.Select(static p => p.Contains('=', StringComparison.Ordinal) ? p : p + "=").Order(StringComparer.Ordinal)).Append('\n');
        foreach (var name in signedHeaders)
        {
            text.Append(name).Append(':');
            if (IsHost(name))
                text.Append(host);
            else
                text.AppendJoin(',', request.Headers[name].Select(OneBlank));
            text.Append('\n');
        }

        return text.Append('\n').AppendJoin(';', signedHeaders).Append('\n').Append(Convert.ToHexStringLower(bodyHash)).ToString();
    }

    public static byte[] ToSign(string time, string scope, string canonical)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(canonical));
        return Encoding.UTF8.GetBytes($"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Convert.ToHexStringLower(hash)}");
    }

    /// <summary>Whether a signed header is that of the host; clients of HTTP/2 may sign it under its name there.</summary>
    public static bool IsHost(string name) => name is "host" or Authority;

    /// <summary>Returns a header's value without blanks at its ends, and with one blank where it has several.</summary>
    private static string OneBlank(string? value) => string.Join(' ', (value ?? "").Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
