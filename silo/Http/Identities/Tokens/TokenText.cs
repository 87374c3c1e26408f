using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Takes a signed token (RFC 7519) apart, more strictly than the library does. Nothing of it is proved yet.</summary>
internal static class TokenText
{
    /// <summary>
    /// The characters of a part (RFC 7515, section 2). Decoders take whitespace and padding too: with them, one token would have endless spellings.
    /// </summary>
    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // Of two members with one name the library takes the last. Who looked at the token before may have taken the first.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Takes a token apart; null if the text is none, or demands what is not understood here (<c>crit</c>).</summary>
    public static JsonWebToken? Parse(string text)
    {
        var parts = text.Split('.');
        if (parts.Length != 3 || parts.Any(static p => p.Length == 0 || p.AsSpan().ContainsAnyExcept(Characters) || !Base64Url.IsValid(p)))
            return null;
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]), Options);
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]), Options);
            return header.RootElement.TryGetProperty("crit"u8, out _) ? null : new JsonWebToken(text);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException)
        {
            return null; // Not JSON, no objects, a text that is no Unicode, or a member of another kind than it must be.
        }
    }
}

/// <summary>Judges from when and until when a token is valid.</summary>
internal static class TokenTimes
{
    /// <summary>How far the clocks of issuer and tier may be apart.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>Returns why a token is not valid now; null if it is.</summary>
    /// <param name="longest">For how long a token of its issuer may be valid.</param>
    public static string? FindFault(JsonWebToken token, TimeSpan longest, DateTimeOffset now)
    {
        var (expires, utc) = (token.ValidTo, now.UtcDateTime);
        if (expires == DateTime.MinValue)
            return "the token never expires";
        if (utc - expires >= Skew)
            return "the token has expired";
        if (token.ValidFrom - utc > Skew)
            return "the token is not valid yet";
        // Where a token does not say when it was issued, or says that it will be, it counts as issued now.
        var issued = token.IssuedAt > DateTime.MinValue && token.IssuedAt < utc ? token.IssuedAt : utc;
        return expires - issued > longest + Skew ? $"the token is valid for longer than {DurationText.Format(longest)}" : null;
    }
}
