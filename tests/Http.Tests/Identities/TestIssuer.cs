using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Issues tokens, good ones and bad ones.</summary>
internal sealed class TestIssuer
{
    public const string Name = "https://issuer.example";
    public const string Audience = "kpl";
    public const string Subject = "system:serviceaccount:shop:orders";

    private readonly RSA _rsa = RSA.Create(2_048);
    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    /// <summary>Its public keys: <c>rsa</c>, <c>p256</c> and <c>p384</c>.</summary>
    public string Keys =>
        new JsonObject { ["keys"] = new JsonArray(RsaKey(), CurveKey("p256", "P-256", _p256), CurveKey("p384", "P-384", _p384)) }.ToJsonString();

    public static string KeyIdOf(string algorithm) => algorithm switch { "ES256" => "p256", "ES384" => "p384", _ => "rsa" };

    /// <summary>The claims of a good token.</summary>
    public static JsonObject Claims(DateTimeOffset now) => new()
    {
        ["iss"] = Name, ["aud"] = new JsonArray("other", Audience), ["sub"] = Subject,
        ["exp"] = now.AddHours(1).ToUnixTimeSeconds(), ["nbf"] = now.AddMinutes(-1).ToUnixTimeSeconds(),
    };

    public string Issue(DateTimeOffset now, string algorithm = "RS256", Action<JsonObject>? change = null, Action<JsonObject>? header = null)
    {
        var (claims, head) = (Claims(now), new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = KeyIdOf(algorithm) });
        change?.Invoke(claims);
        header?.Invoke(head);
        return Sign(head.ToJsonString(), claims.ToJsonString(), algorithm);
    }

    public string Sign(string header, string claims, string algorithm = "RS256")
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(Sign(algorithm, Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private byte[] Sign(string algorithm, byte[] bytes)
    {
        var hash = algorithm.EndsWith("384", StringComparison.Ordinal) ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        return algorithm switch
        {
            "RS256" or "RS384" => _rsa.SignData(bytes, hash, RSASignaturePadding.Pkcs1),
            "PS256" or "PS384" => _rsa.SignData(bytes, hash, RSASignaturePadding.Pss),
            "ES256" => _p256.SignData(bytes, hash),
            "ES384" => _p384.SignData(bytes, hash),
            // What a forger does who knows the public key only.
            "HS256" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()), bytes),
            _ => [0],
        };
    }

    private JsonObject RsaKey()
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA", ["kid"] = "rsa", ["use"] = "sig", ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent),
        };
    }

    private static JsonObject CurveKey(string id, string curve, ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kty"] = "EC", ["kid"] = id, ["crv"] = curve, ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }
}
