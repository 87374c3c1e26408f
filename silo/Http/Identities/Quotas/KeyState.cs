namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>What administrators see of a key: enough to find those that nobody uses, and nothing that proves anything.</summary>
/// <param name="Kind"><c>api</c> or <c>access</c>.</param>
/// <param name="Id">Its id, which is no secret.</param>
/// <param name="Until">From when on it counts no longer; the last instant there is for one that does not expire.</param>
/// <param name="Last">When it was used last at this process; null for not at all.</param>
internal sealed record KeyState(string Kind, string Id, DateTimeOffset Until, DateTimeOffset? Last)
{
    /// <summary>Returns the keys of each identity.</summary>
    public static ILookup<string, KeyState> Of(IdentityStore store)
    {
        var set = store.Current;
        return set.ApiKeys.Select(k => (k.Value.Identity, Key: new KeyState("api", k.Key, k.Value.Until, store.ApiKeyUses.Of(k.Key).Last)))
            .Concat(set.AccessKeys.Select(k => (k.Value.Identity, Key: new KeyState("access", k.Key, k.Value.Until, store.AccessKeyUses.Of(k.Key).Last))))
            .OrderBy(static k => k.Key.Id, StringComparer.Ordinal)
            .ToLookup(static k => k.Identity.Id, static k => k.Key, StringComparer.Ordinal);
    }
}
