using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Verifies AWS Signature Version 4 of a request, with the service's answers for each way to be wrong.</summary>
internal sealed class SignatureCheck(SigningKey? key, EndpointClock clock)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Throws the service's error unless the request is signed with the key, for this region and service, at about this time. Without
    /// a key anything passes, but where the service's clock is off on purpose, a date that is given must still fit it.
    /// </summary>
    public void Verify(HttpRequest request, string rawTarget, ReadOnlySpan<byte> body, TimeSpan skew)
    {
        if (key is not null) Verify(key, request, rawTarget, body, skew);
        else if (skew != TimeSpan.Zero && Header(request, "x-amz-date") is { Length: > 8 } date) CheckDate(date, date[..8], skew);
    }

    private void Verify(SigningKey key, HttpRequest request, string rawTarget, ReadOnlySpan<byte> body, TimeSpan skew)
    {
        var given = Authorization.Parse(request);
        var scope = given.Credential.Split('/');
        if (scope.Length != 5 || scope[4] != "aws4_request")
            throw Incomplete("Credential must have exactly 5 slash-delimited elements and end in aws4_request.");
        if (scope[0] != key.AccessKeyId || Header(request, "x-amz-security-token") != (key.SessionToken ?? ""))
            throw new KinesisException(
                "com.amazon.coral.service#UnrecognizedClientException", "The security token included in the request is invalid.");
        if (scope[2] != KinesisErrors.Region) throw Invalid($"Credential should be scoped to a valid region, not '{scope[2]}'.");
        if (scope[3] != "kinesis") throw Invalid("Credential should be scoped to correct service: 'kinesis'.");
        var date = Header(request, "x-amz-date");
        CheckDate(date, scope[1], skew);
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(body));
        if (Header(request, "x-amz-content-sha256") is { Length: > 0 } claimed && claimed != bodyHash)
            throw Invalid("The value of x-amz-content-sha256 does not match the hash of the request's body.");
        var canonical = CanonicalRequest.Of(request, rawTarget, given.SignedHeaders, bodyHash);
        var canonicalHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
        var toSign = $"AWS4-HMAC-SHA256\n{date}\n{string.Join('/', scope[1..])}\n{canonicalHash}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(DerivedKey(key, scope), Encoding.UTF8.GetBytes(toSign)));
        if (signature != given.Signature)
            throw Invalid("The request signature we calculated does not match the signature you provided. " +
                "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
    }

    private static byte[] DerivedKey(SigningKey key, string[] scope)
    {
        var derived = Encoding.UTF8.GetBytes("AWS4" + key.SecretAccessKey);
        foreach (var part in scope.AsSpan(1)) derived = HMACSHA256.HashData(derived, Encoding.UTF8.GetBytes(part));
        return derived;
    }

    private void CheckDate(string date, string scopeDate, TimeSpan skew)
    {
        if (!DateTime.TryParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var signed))
            throw Incomplete($"Date must be in ISO-8601 'basic format'. Got '{date}'.");
        if (!date.StartsWith(scopeDate, StringComparison.Ordinal))
            throw Invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
                $"'{scopeDate}' != '{date[..8]}', from '{date}'.");
        var now = new DateTime(clock.NowTicks + skew.Ticks, DateTimeKind.Utc);
        if (signed < now - Tolerance)
            throw Invalid($"Signature expired: {date} is now earlier than {Basic(now - Tolerance)} ({Basic(now)} - 5 min.)");
        if (signed > now + Tolerance)
            throw Invalid($"Signature not yet current: {date} is still later than {Basic(now + Tolerance)} ({Basic(now)} + 5 min.)");
    }

    private static string Basic(DateTime instant) => instant.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Header(HttpRequest request, string name) => request.Headers[name].ToString();

    private static KinesisException Invalid(string message) => new("com.amazon.coral.service#InvalidSignatureException", message);

    public static KinesisException Incomplete(string message) => new("com.amazon.coral.service#IncompleteSignatureException", message);
}

/// <summary>The three parts of an Authorization header.</summary>
internal readonly record struct Authorization(string Credential, string[] SignedHeaders, string Signature)
{
    private const string Algorithm = "AWS4-HMAC-SHA256 ";

    public static Authorization Parse(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
            throw new KinesisException("com.amazon.coral.service#MissingAuthenticationTokenException", "Missing Authentication Token");
        if (!header.StartsWith(Algorithm, StringComparison.Ordinal))
            throw SignatureCheck.Incomplete($"Unsupported AWS 'algorithm': '{header.Split(' ')[0]}'.");
        var parts = new Dictionary<string, string>();
        foreach (var part in header[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
            if (part.Split('=', 2) is [var name, var value]) parts[name] = value;
        foreach (var name in (ReadOnlySpan<string>)["Credential", "SignedHeaders", "Signature"])
            if (!parts.ContainsKey(name)) throw SignatureCheck.Incomplete($"Authorization header requires '{name}' parameter.");
        return new(parts["Credential"], parts["SignedHeaders"].Split(';'), parts["Signature"]);
    }
}

/// <summary>The text of a request that both sides hash.</summary>
internal static partial class CanonicalRequest
{
    public static string Of(HttpRequest request, string rawTarget, string[] signedHeaders, string bodyHash)
    {
        var (path, query) = rawTarget.Split('?', 2) is [var before, var after] ? (before, after) : (rawTarget, "");
        var text = new StringBuilder();
        text.Append(request.Method).Append('\n').Append(path).Append('\n');
        text.AppendJoin('&', query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Contains('=') ? pair : pair + "=").Order(StringComparer.Ordinal)).Append('\n');
        foreach (var name in signedHeaders)
        {
            // HTTP/2 clients sign the host under its pseudo-header's name.
            var values = request.Headers[name == ":authority" ? "host" : name].Select(value => Blanks().Replace(value?.Trim() ?? "", " "));
            text.Append(name).Append(':').AppendJoin(',', values).Append('\n');
        }
        return text.Append('\n').AppendJoin(';', signedHeaders).Append('\n').Append(bodyHash).ToString();
    }

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
