using System.Text.Json;
using Orleans.Kpl.Http.Administering;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary><c>GET /usage</c>: what identities have used of this process, to bill them by. Who may look at no stream sees only its own.</summary>
internal sealed class UsageEndpoint(IdentityQuotas quotas)
{
    public const string Path = "/usage";

    public Task AnswerAsync(HttpContext context)
    {
        var rights = CallerRights.Of(context.User);
        var seesAll = rights.May(IdentityRole.Status);
        context.Response.Headers.CacheControl = "no-store";
        return AdminBody.WriteObjectAsync(context, json =>
        {
            json.WriteString("since"u8, quotas.Since);
            json.WriteStartArray("identities"u8);
            foreach (var (identity, usage) in quotas.Usage.OrderBy(static u => u.Key, StringComparer.Ordinal))
            {
                if (seesAll || identity == rights.Id)
                    Write(json, identity, usage.Read());
            }
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, string identity, in UsageCounts counts)
    {
        json.WriteStartObject();
        json.WriteString("identity"u8, identity);
        json.WriteNumber("requests"u8, counts.Requests);
        json.WriteNumber("records"u8, counts.Records);
        json.WriteNumber("bytes"u8, counts.Bytes);
        json.WriteNumber("refused"u8, counts.Refused);
        json.WriteNumber("requests_in_flight"u8, counts.RequestsInFlight);
        json.WriteNumber("body_bytes_in_flight"u8, counts.BodyBytesInFlight);
        json.WriteEndObject();
    }
}
