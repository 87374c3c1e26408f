using System.Security.Cryptography;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>A public key of an issuer.</summary>
internal sealed class TokenKey
{
    private readonly Lock _lock = new();
    private readonly AsymmetricAlgorithm _key;
    private readonly string? _algorithm;
    private readonly string? _curve;

    private TokenKey(string? id, AsymmetricAlgorithm key, string? algorithm, string? curve) => (Id, _key, _algorithm, _curve) = (id, key, algorithm, curve);

    /// <summary>What the issuer calls it (<c>kid</c>); null if it has no name.</summary>
    public string? Id { get; }

    public static TokenKey OfRsa(string? id, RSAParameters key, string? algorithm) => new(id, RSA.Create(key), algorithm, null);

    public static TokenKey OfCurve(string? id, ECParameters key, string? algorithm, string curve) => new(id, ECDsa.Create(key), algorithm, curve);

    /// <summary>Whether this key may have signed with an algorithm: its kind, its curve and, where the issuer says one, its algorithm.</summary>
    public bool Fits(TokenAlgorithm algorithm) =>
        (_algorithm is null || _algorithm == algorithm.Name) && (algorithm.Padding is not null ? _key is RSA : _key is ECDsa && _curve == algorithm.Curve);

    /// <summary>Whether the signature is of these bytes.</summary>
    public bool Verify(TokenAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        try
        {
            // Neither kind of key promises to serve two threads at once.
            lock (_lock)
            {
                return _key switch
                {
                    RSA rsa => rsa.VerifyData(signed, signature, algorithm.Hash, algorithm.Padding!),
                    ECDsa curve => curve.VerifyData(signed, signature, algorithm.Hash),
                    _ => false,
                };
            }
        }
        catch (CryptographicException)
        {
            return false; // A signature of another length than the key's.
        }
    }
}
