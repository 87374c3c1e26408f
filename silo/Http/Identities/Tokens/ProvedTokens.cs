using System.Collections.Concurrent;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>
/// Remembers which tokens were proved, by their hash, until they expire or the identities change: another set of keys may not have signed them.
/// </summary>
internal sealed class ProvedTokens(TimeProvider time)
{
    /// <summary>How many are remembered; beyond that, all are proved anew.</summary>
    private const int MostTokens = 10_000;

    private readonly ConcurrentDictionary<string, Proof> _proofs = new(StringComparer.Ordinal);

    /// <summary>Returns issuer and subject of a token that was proved, and when it expires; null if it was not, or is over.</summary>
    public (string Issuer, string Subject, DateTimeOffset Until)? Find(IdentitySet set, string hash)
    {
        if (!_proofs.TryGetValue(hash, out var proof))
            return null;
        if (ReferenceEquals(proof.Set, set) && time.GetUtcNow() < proof.Until)
            return (proof.Subject.Issuer, proof.Subject.Subject, proof.Until);
        _proofs.TryRemove(hash, out _);
        return null;
    }

    public void Add(IdentitySet set, string hash, (string Issuer, string Subject) subject, DateTimeOffset until)
    {
        if (_proofs.Count >= MostTokens)
            _proofs.Clear();
        _proofs[hash] = new Proof(set, subject, until);
    }

    private sealed record Proof(IdentitySet Set, (string Issuer, string Subject) Subject, DateTimeOffset Until);
}
