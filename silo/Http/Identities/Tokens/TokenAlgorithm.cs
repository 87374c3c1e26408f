using System.Security.Cryptography;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>An algorithm that tokens may be signed with: RS, PS and ES with SHA-256 or SHA-384 (RFC 7518, 3.1). There is no <c>none</c>, and no HMAC.</summary>
internal sealed record TokenAlgorithm(string Name, string KeyType, HashAlgorithmName Hash, RSASignaturePadding? Padding, string? Curve)
{
    public const string Rsa = "RSA";
    public const string EllipticCurve = "EC";

    public static readonly IReadOnlyList<TokenAlgorithm> All =
    [
        new("RS256", Rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, null), new("RS384", Rsa, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1, null),
        new("PS256", Rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss, null), new("PS384", Rsa, HashAlgorithmName.SHA384, RSASignaturePadding.Pss, null),
        new("ES256", EllipticCurve, HashAlgorithmName.SHA256, null, "P-256"), new("ES384", EllipticCurve, HashAlgorithmName.SHA384, null, "P-384"),
    ];

    /// <summary>Returns the algorithm of a name; null for every other one.</summary>
    public static TokenAlgorithm? Find(string? name) => All.FirstOrDefault(a => a.Name == name);
}
