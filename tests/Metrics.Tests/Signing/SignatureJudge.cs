using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Metrics.Tests.Signing;

/// <summary>Computes the signature of a request that arrived, by AWS's description of Signature Version 4; shares no code with who signs.</summary>
internal static partial class SignatureJudge
{
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// <summary>Returns what is wrong with a request's signature; null for nothing.</summary>
    /// <param name="scope">Region and service, with a slash between them.</param>
    /// <param name="query">The canonical query that the signature must have.</param>
    public static string? DefectOf(ReceivedRequest request, string scope, string query = "")
    {
        if (!request.Headers.ContainsKey("Authorization"))
            return "it is not signed";
        var match = Authorization().Match(request.Header("Authorization"));
        if (!match.Success || match.Groups["scope"].Value != scope || match.Groups["key"].Value != "AKID")
            return request.Header("Authorization");
        var (date, signed) = (match.Groups["date"].Value, match.Groups["headers"].Value);
        if (!signed.Split(';').Contains("host") || !signed.Split(';').Contains("x-amz-date"))
            return $"it signs {signed}";
        var (method, path) = (request.RequestLine.Split(' ')[0], request.RequestLine.Split(' ')[1].Split('?')[0].Replace("%", "%25", StringComparison.Ordinal));
        var canonical = new StringBuilder($"{method}\n{path}\n{query}\n");
        foreach (var name in signed.Split(';'))
            canonical.Append(name).Append(':').Append(request.Header(name).Trim()).Append('\n');
        canonical.Append('\n').Append(signed).Append('\n').Append(Hex(SHA256.HashData(request.Body)));
        var hash = Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())));
        var toSign = $"AWS4-HMAC-SHA256\n{request.Header("x-amz-date")}\n{date}/{scope}/aws4_request\n{hash}";
        var key = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var part in (string[])[date, .. scope.Split('/'), "aws4_request", toSign])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return Hex(key) == match.Groups["signature"].Value ? null : "the signature is wrong";
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    [GeneratedRegex("^AWS4-HMAC-SHA256 Credential=(?<key>[A-Z]+)/(?<date>[0-9]{8})/(?<scope>[a-z0-9/-]+)/aws4_request, SignedHeaders=(?<headers>[a-z0-9;-]+), Signature=(?<signature>[0-9a-f]{64})$")]
    private static partial Regex Authorization();
}
