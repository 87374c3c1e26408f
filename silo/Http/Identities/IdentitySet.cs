using Orleans.Kpl.Http.Identities.Tokens;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities;

/// <summary>Everything that one reading of the identities' file brought. It never changes.</summary>
internal sealed record IdentitySet
{
    /// <summary>By id.</summary>
    public required IReadOnlyDictionary<string, ClientIdentity> Identities { get; init; }

    /// <summary>API keys by their id, and how long they hold.</summary>
    public required IReadOnlyDictionary<string, (byte[] Hash, string Identity, DateTimeOffset Until)> ApiKeys { get; init; }

    /// <summary>Access keys by their id, with their secret as UTF-8, and how long they hold.</summary>
    public required IReadOnlyDictionary<string, (byte[] Secret, string Identity, DateTimeOffset Until)> AccessKeys { get; init; }

    /// <summary>The identities' ids by a token's issuer and subject.</summary>
    public required IReadOnlyDictionary<(string Issuer, string Subject), string> Subjects { get; init; }

    /// <summary>The identities' ids by a name of a client's certificate.</summary>
    public required IReadOnlyDictionary<string, string> Certificates { get; init; }

    /// <summary>By the text of their claim <c>iss</c>.</summary>
    public required IReadOnlyDictionary<string, TokenIssuer> Issuers { get; init; }

    /// <summary>The keys that session tokens are sealed with: the first seals, all open. Empty: this process makes a key of its own.</summary>
    public required IReadOnlyList<byte[]> SessionKeys { get; init; }

    /// <summary>The keys that do not hold for ever.</summary>
    public IEnumerable<(string Id, DateTimeOffset Until)> EndingKeys =>
        ApiKeys.Select(static k => (k.Key, k.Value.Until)).Concat(AccessKeys.Select(static k => (k.Key, k.Value.Until)))
            .Where(static k => k.Until != DateTimeOffset.MaxValue);

    /// <summary>Returns these identities as administrators have them for a while. What is said of others than these changes nothing.</summary>
    public IdentitySet With(IReadOnlyList<QuotaOverride> overrides)
    {
        if (overrides.Count == 0)
            return this;
        Dictionary<string, ClientIdentity> identities = new(Identities, StringComparer.Ordinal);
        foreach (var change in overrides)
        {
            if (identities.TryGetValue(change.Identity, out var known))
                identities[change.Identity] = known.With(change);
        }

        return this with { Identities = identities };
    }
}
