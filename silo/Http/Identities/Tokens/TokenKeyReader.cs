using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Takes the public keys of a JSON Web Key Set (RFC 7517). Keys of other kinds, or for other uses, are passed over, as the RFC says.</summary>
internal static class TokenKeyReader
{
    /// <summary>The algorithms that tokens may be signed with (RFC 7518, 3.1). There is no <c>none</c>, and no HMAC.</summary>
    public static readonly IReadOnlyList<string> Algorithms = ["RS256", "RS384", "PS256", "PS384", "ES256", "ES384"];

    /// <summary>How many keys of one issuer are taken.</summary>
    private const int MostKeys = 100;

    private const int LeastRsaBits = 2_048;
    private const int MostRsaBits = 8_192;
    private const int MostExponentBytes = 8;

    /// <summary>Returns the keys; none, with a reason, if there are none to take; null, with a reason, if the text is no set of keys.</summary>
    public static IReadOnlyList<JsonWebKey>? Read(ReadOnlyMemory<byte> json, out string reason)
    {
        reason = "none is an RSA key of 2048 bits or more, or a key on P-256 or P-384";
        try
        {
            // The library takes any object for a set.
            using var set = JsonDocument.Parse(json);
            if (set.RootElement.ValueKind != JsonValueKind.Object || !set.RootElement.TryGetProperty("keys"u8, out var list)
                || list.ValueKind != JsonValueKind.Array)
            {
                reason = "it is no set of keys: it has no list of keys";
                return null;
            }

            return [.. new JsonWebKeySet(Encoding.UTF8.GetString(json.Span)).Keys.Where(IsFit).Take(MostKeys).Select(PublicPartOf)];
        }
        catch (Exception malformed) when (malformed is ArgumentException or JsonException)
        {
            reason = $"it is no set of keys: {(malformed.InnerException ?? malformed).Message}";
            return null;
        }
    }

    /// <summary>Whether a key may have signed with an algorithm: its kind, its curve and, where the issuer says one, its algorithm.</summary>
    public static bool Fits(JsonWebKey key, string algorithm) => (string.IsNullOrEmpty(key.Alg) || key.Alg == algorithm) && algorithm switch
    {
        "ES256" => key.Crv == "P-256",
        "ES384" => key.Crv == "P-384",
        _ => key.Kty == "RSA",
    };

    private static bool IsFit(JsonWebKey key) => (string.IsNullOrEmpty(key.Use) || key.Use == "sig") && (key.Kty, key.Crv) switch
    {
        ("RSA", _) => BitsOf(key.N) is >= LeastRsaBits and <= MostRsaBits && BytesOf(key.E) is > 0 and <= MostExponentBytes,
        ("EC", "P-256") => BytesOf(key.X) == 32 && BytesOf(key.Y) == 32,
        ("EC", "P-384") => BytesOf(key.X) == 48 && BytesOf(key.Y) == 48,
        _ => false,
    };

    /// <summary>Certificates that come with a key would take its place, and their times with them.</summary>
    private static JsonWebKey PublicPartOf(JsonWebKey key) => key.Kty == "RSA"
        ? new JsonWebKey { Kty = key.Kty, Kid = key.Kid, Alg = key.Alg, N = key.N, E = key.E }
        : new JsonWebKey { Kty = key.Kty, Kid = key.Kid, Alg = key.Alg, Crv = key.Crv, X = key.X, Y = key.Y };

    private static int BytesOf(string? text) => text is not null && Base64Url.IsValid(text, out var length) ? length : 0;

    private static int BitsOf(string? modulus) =>
        modulus is not null && Base64Url.IsValid(modulus) ? Base64Url.DecodeFromChars(modulus).SkipWhile(static b => b == 0).Count() * 8 : 0;
}
