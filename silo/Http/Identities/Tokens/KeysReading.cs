using Microsoft.IdentityModel.Tokens;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>What one reading of an issuer's keys brought. It never changes.</summary>
/// <param name="source">Where they are published; null for those of a file, which are other identities when they change.</param>
internal sealed class KeysReading(IReadOnlyList<JsonWebKey> keys, PublishedKeys? source = null)
{
    public IReadOnlyList<JsonWebKey> Keys => keys;

    /// <summary>Whether what these keys have proved may be believed still.</summary>
    public bool Holds() => source?.Holds(this) ?? true;
}
