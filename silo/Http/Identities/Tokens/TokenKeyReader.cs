using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Reads the keys of a JSON Web Key Set (RFC 7517). Keys of other kinds, or for other uses, are passed over, as the RFC says.</summary>
internal static class TokenKeyReader
{
    /// <summary>How many keys of one issuer are taken.</summary>
    private const int MostKeys = 100;

    private const int LeastRsaBits = 2_048;
    private const int MostRsaBits = 8_192;

    /// <summary>Returns the keys; none, with a reason, if there are none to take.</summary>
    public static IReadOnlyList<TokenKey> Read(ReadOnlyMemory<byte> json, out string reason)
    {
        var keys = new List<TokenKey>();
        reason = "none is an RSA key of 2048 bits or more, or a key on P-256 or P-384";
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys"u8, out var list)
                || list.ValueKind != JsonValueKind.Array)
            {
                reason = "it has no list of keys";
                return [];
            }
            foreach (var entry in list.EnumerateArray())
            {
                if (keys.Count < MostKeys && TryRead(entry) is { } key)
                    keys.Add(key);
            }
        }
        catch (JsonException malformed)
        {
            reason = $"it is not JSON: {malformed.Message}";
            return [];
        }
        catch (InvalidOperationException)
        {
            reason = "it has a text that is no Unicode";
            return [];
        }
        return keys;
    }

    private static TokenKey? TryRead(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object || Text(entry, "use") is { } use && use != "sig")
            return null;
        try
        {
            return Text(entry, "kty") switch
            {
                TokenAlgorithm.Rsa => TryReadRsa(entry),
                TokenAlgorithm.EllipticCurve => TryReadCurve(entry),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            return null; // Numbers that make no key.
        }
    }

    private static TokenKey? TryReadRsa(JsonElement entry)
    {
        if (Bytes(entry, "n") is not { } modulus || Bytes(entry, "e") is not { Length: > 0 and <= 8 } exponent)
            return null;
        modulus = [.. modulus.SkipWhile(static b => b == 0)];
        return modulus.Length * 8 is >= LeastRsaBits and <= MostRsaBits
            ? TokenKey.OfRsa(Text(entry, "kid"), new RSAParameters { Modulus = modulus, Exponent = exponent }, Text(entry, "alg"))
            : null;
    }

    private static TokenKey? TryReadCurve(JsonElement entry)
    {
        ECCurve? curve = Text(entry, "crv") switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            _ => null,
        };
        if (curve is not { } named || Bytes(entry, "x") is not { } x || Bytes(entry, "y") is not { } y)
            return null;
        return TokenKey.OfCurve(
            Text(entry, "kid"), new ECParameters { Curve = named, Q = new ECPoint { X = x, Y = y } }, Text(entry, "alg"), Text(entry, "crv")!);
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement entry, string name) =>
        Text(entry, name) is { Length: <= 4_096 } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
