using System.Text.Json;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Writes what administrators may see of an identity: its rights and quotas, and none of its keys.</summary>
internal static class IdentityJson
{
    /// <summary>Writes the members of one identity.</summary>
    public static void Write(Utf8JsonWriter json, ClientIdentity identity, IReadOnlyList<QuotaOverride> inForce)
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
    }

    /// <summary>Writes a list of texts.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
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
