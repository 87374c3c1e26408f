using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Tells what administrators may see of an identity: its rights and quotas, and of its keys the ids, their end and their last use.</summary>
internal static class IdentityJson
{
    public static JsonObject Of(ClientIdentity identity, IReadOnlyList<QuotaOverride> inForce, IEnumerable<KeyState> keys) => new()
    {
        ["identity"] = identity.Id,
        ["banned"] = identity.IsBanned,
        ["grants"] = identity.Grants.ToJson(),
        ["quota"] = ToldJson.Tell(identity.Quota, IdentityRequests.Default.IdentityQuota),
        ["overrides"] = inForce.Where(o => o.Identity == identity.Id).OrderBy(static o => o.Kind).ToJson(Of),
        ["keys"] = keys.ToJson(Of),
    };

    private static JsonObject Of(KeyState key)
    {
        var told = new JsonObject { ["kind"] = key.Kind, ["id"] = key.Id };
        if (key.Until != DateTimeOffset.MaxValue)
            told["expires_at"] = key.Until;
        if (key.Last is { } last)
            told["last_used_at"] = last;
        return told;
    }

    private static JsonObject Of(QuotaOverride change)
    {
        var told = new JsonObject { ["kind"] = change.Kind == QuotaOverrideKind.Ban ? "ban" : "quota", ["until"] = change.Until, ["by"] = change.By };
        foreach (var (name, value) in change.Quotas.OrderBy(static q => q.Key, StringComparer.Ordinal))
            told[name] = value;
        return told;
    }
}

/// <summary>The body of <c>POST …/ban</c>.</summary>
internal sealed record BanRequest([property: JsonRequired] string For);

/// <summary>The body of <c>POST …/quota</c>.</summary>
internal sealed record QuotaRequest(
    [property: JsonRequired] string For, long? RequestsInFlight = null, long? BodyBytesInFlight = null, long? RecordsPerSecond = null,
    long? BytesPerSecond = null)
{
    /// <summary>Returns what is given, by name.</summary>
    public IReadOnlyDictionary<string, long> Given() => new Dictionary<string, long?>
    {
        [IdentityQuota.RequestsName] = RequestsInFlight,
        [IdentityQuota.BodyBytesName] = BodyBytesInFlight,
        [IdentityQuota.RecordsName] = RecordsPerSecond,
        [IdentityQuota.BytesName] = BytesPerSecond,
    }.Where(static q => q.Value is not null).ToDictionary(static q => q.Key, static q => q.Value!.Value);
}

/// <summary>How these requests are read, and quotas are told: an unknown member is an error, instead of being silently ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BanRequest))]
[JsonSerializable(typeof(IdentityQuota))]
[JsonSerializable(typeof(QuotaRequest))]
[JsonSerializable(typeof(UsageCounts))]
internal sealed partial class IdentityRequests : JsonSerializerContext;

/// <summary>A key as administrators see it: enough to find those that nobody uses, and nothing that proves anything.</summary>
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
            .ToLookup(static k => k.Identity, static k => k.Key, StringComparer.Ordinal);
    }
}
