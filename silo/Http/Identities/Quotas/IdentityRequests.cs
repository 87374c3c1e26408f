using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Http.Identities.Quotas;

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
