using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Writes what administrators may see of an identity: its rights and quotas, and of its keys the ids, their end and their last use.</summary>
internal static class IdentityJson
{
    /// <summary>Writes the members of one identity.</summary>
    public static void Write(Utf8JsonWriter json, ClientIdentity identity, IReadOnlyList<QuotaOverride> inForce, IEnumerable<KeyState> keys)
    {
        json.WriteString("identity"u8, identity.Id);
        json.WriteBoolean("banned"u8, identity.IsBanned);
        Write(json, "grants"u8, identity.Grants);
        json.WriteStartObject("quota"u8);
        json.WriteNumber(IdentityQuota.RequestsName, identity.Quota.RequestsInFlight);
        json.WriteNumber(IdentityQuota.BodyBytesName, identity.Quota.BodyBytesInFlight);
        Write(json, IdentityQuota.RecordsName, identity.Quota.RecordsPerSecond);
        Write(json, IdentityQuota.BytesName, identity.Quota.BytesPerSecond);
        json.WriteEndObject();
        json.WriteStartArray("overrides"u8);
        foreach (var change in inForce.Where(o => o.Identity == identity.Id).OrderBy(static o => o.Kind))
            Write(json, change);
        json.WriteEndArray();
        json.WriteStartArray("keys"u8);
        foreach (var key in keys)
            Write(json, key);
        json.WriteEndArray();
    }

    /// <summary>Writes a list of texts.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, KeyState key)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, key.Kind);
        json.WriteString("id"u8, key.Id);
        if (key.Until != DateTimeOffset.MaxValue)
            json.WriteString("expires_at"u8, key.Until);
        if (key.Last is { } last)
            json.WriteString("last_used_at"u8, last);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, QuotaOverride change)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, change.Kind == QuotaOverrideKind.Ban ? "ban"u8 : "quota"u8);
        json.WriteString("until"u8, change.Until);
        json.WriteString("by"u8, change.By);
        foreach (var (name, value) in change.Quotas.OrderBy(static q => q.Key, StringComparer.Ordinal))
            json.WriteNumber(name, value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
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

/// <summary>How these requests are read: an unknown member is an error, instead of being silently ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BanRequest))]
[JsonSerializable(typeof(QuotaRequest))]
internal sealed partial class IdentityRequests : JsonSerializerContext;

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
