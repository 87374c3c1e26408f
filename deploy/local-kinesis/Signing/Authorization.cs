using Microsoft.AspNetCore.Http;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Signing;

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
            throw Incomplete($"Unsupported AWS 'algorithm': '{header.Split(' ')[0]}'.");
        var parts = new Dictionary<string, string>();
        foreach (var part in header[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
            if (part.Split('=', 2) is [var name, var value]) parts[name] = value;
        foreach (var name in (ReadOnlySpan<string>)["Credential", "SignedHeaders", "Signature"])
            if (!parts.ContainsKey(name)) throw Incomplete($"Authorization header requires '{name}' parameter.");
        return new(parts["Credential"], parts["SignedHeaders"].Split(';'), parts["Signature"]);
    }

    private static KinesisException Incomplete(string message) => new("com.amazon.coral.service#IncompleteSignatureException", message);
}
