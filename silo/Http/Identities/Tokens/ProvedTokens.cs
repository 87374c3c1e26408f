using System.Collections.Concurrent;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>
/// Remembers which tokens were proved, by their hash, until they expire, for an hour at most, while the identities and the issuer's keys are the same:
/// others may not have signed them.
/// </summary>
internal sealed class ProvedTokens(TimeProvider time)
{
    /// <summary>How many are remembered; beyond that, all are proved anew.</summary>
    private const int MostTokens = 10_000;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, TokenProof> _proofs = new(StringComparer.Ordinal);

    /// <summary>Returns what was proved of a token; null if nothing was, or is over.</summary>
    public TokenProof? Find(IdentitySet set, string hash)
    {
        if (!_proofs.TryGetValue(hash, out var proof))
            return null;
        if (proof.Holds(set, time.GetUtcNow()))
            return proof;
        _proofs.TryRemove(hash, out _);
        return null;
    }

    public void Add(string hash, TokenProof proof)
    {
        if (_proofs.Count >= MostTokens)
            _proofs.Clear();
        var longest = time.GetUtcNow() + Longest;
        _proofs[hash] = proof.Until < longest ? proof : proof with { Until = longest };
    }
}

/// <summary>The identity that a token belongs to, by these identities and until that instant.</summary>
/// <param name="Set">The identities by which it was proved.</param>
/// <param name="Identity">Whose it is; null for a token that is good, and nobody's here.</param>
/// <param name="Until">From when on that counts no longer.</param>
/// <param name="Keys">The keys of the issuer that have proved it.</param>
internal sealed record TokenProof(IdentitySet Set, ClientIdentity? Identity, DateTimeOffset Until, KeysReading Keys)
{
    /// <summary>Whether it would be proved now, by these identities.</summary>
    public bool Holds(IdentitySet current, DateTimeOffset now) => ReferenceEquals(Set, current) && now < Until && Keys.Holds();
}
