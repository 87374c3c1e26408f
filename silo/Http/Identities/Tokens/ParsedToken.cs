using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>A signed JSON Web Token (RFC 7519) taken apart. Nothing of it is proved yet.</summary>
internal sealed class ParsedToken
{
    /// <summary>
    /// What a part consists of (RFC 7515, section 2). Decoders take whitespace and padding too: with them, one token would have endless spellings.
    /// </summary>
    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private ParsedToken()
    {
    }

    /// <summary>The name of the algorithm that it claims to be signed with.</summary>
    public string? Algorithm { get; private set; }

    public string? KeyId { get; private set; }

    public string? Issuer { get; private set; }

    public string? Subject { get; private set; }

    public IReadOnlyList<string> Audiences { get; private set; } = [];

    /// <summary>From when on it is no longer valid; null if it does not say.</summary>
    public DateTimeOffset? Expires { get; private set; }

    /// <summary>From when on it is valid; null if it does not say.</summary>
    public DateTimeOffset? NotBefore { get; private set; }

    /// <summary>What was signed.</summary>
    public byte[] Signed { get; private set; } = [];

    public byte[] Signature { get; private set; } = [];

    /// <summary>Takes a token apart; null if the text is none, or demands what is not understood here (<c>crit</c>).</summary>
    public static ParsedToken? Parse(string text)
    {
        var parts = text.Split('.');
        if (parts.Length != 3 || parts.Any(static p => p.Length == 0 || p.AsSpan().ContainsAnyExcept(Characters) || !Base64Url.IsValid(p)))
            return null;
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]), Options);
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]), Options);
            if (header.RootElement.ValueKind != JsonValueKind.Object || claims.RootElement.ValueKind != JsonValueKind.Object
                || header.RootElement.TryGetProperty("crit"u8, out _))
                return null;
            // Addresses and keys in the header (jku, x5u, jwk, x5c) are not even read: whoever signs would choose the key.
            var token = new ParsedToken
            {
                Algorithm = Text(header, "alg"), KeyId = Text(header, "kid"), Issuer = Text(claims, "iss"), Subject = Text(claims, "sub"),
                Audiences = TextsOf(claims, "aud"), Signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Signature = Base64Url.DecodeFromChars(parts[2]),
            };
            return token.TrySetTimes(claims) ? token : null;
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException or InvalidOperationException)
        {
            return null; // Not base64, not JSON, or a text in it that is no Unicode.
        }
    }

    private bool TrySetTimes(JsonDocument claims)
    {
        if (!TryTime(claims, "exp", out var expires) || !TryTime(claims, "nbf", out var notBefore))
            return false;
        (Expires, NotBefore) = (expires, notBefore);
        return true;
    }

    /// <summary>Reads seconds since 1970, perhaps with a fraction; false if the member is something else.</summary>
    private static bool TryTime(JsonDocument claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.RootElement.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number
            || !double.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            || seconds is not (>= 0 and < 253_402_300_800))
            return false;
        time = DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor(seconds));
        return true;
    }

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IReadOnlyList<string> TextsOf(JsonDocument json, string name)
    {
        if (!json.RootElement.TryGetProperty(name, out var value))
            return [];
        return value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array => [.. value.EnumerateArray().Where(static e => e.ValueKind == JsonValueKind.String).Select(static e => e.GetString()!)],
            _ => [],
        };
    }
}
