using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Http.Ingesting;

namespace Orleans.Kpl.Http;

/// <summary>HTTP endpoints that accept records.</summary>
public static class KplIngestEndpoints
{
    /// <summary>
    /// Maps <c>POST /events/confirmed</c>, <c>POST /events</c> and <c>POST /streams/{stream}/records?ack=</c> to the
    /// application's <see cref="IKplProducer"/>. Needs <see cref="KplHttpServices.AddKplHttp(IServiceCollection, Action{KplHttpOptions})"/>.
    /// </summary>
    /// <remarks>
    /// The data of a record in JSON is its payload's JSON text. To send many records of arbitrary bytes, use
    /// <c>application/vnd.kpl.records+ndjson</c>: one <c>{"partition_key","data","explicit_hash_key"?}</c> per line, data in base64.
    /// With <c>X-Partition-Key</c>, a body of that type is one raw record, as with any other type.
    /// </remarks>
    public static IEndpointRouteBuilder MapKplIngest(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var gated = endpoints.ServiceProvider.GetRequiredService<GatedEndpoint>();
        var events = endpoints.ServiceProvider.GetRequiredService<EventEndpoints>();
        var records = endpoints.ServiceProvider.GetRequiredService<RecordsEndpoint>();
        Map("/events/confirmed", events.PutConfirmedAsync);
        Map("/events", events.PutAsync);
        Map($"/streams/{{{RecordsEndpoint.StreamParameter}}}/records", records.PutAsync, "ack", "key", "routing", "stream");
        return endpoints;

        void Map(string path, RequestDelegate endpoint, params IReadOnlyList<string> parameters) => endpoints.MapPost(path, gated.Wrap(endpoint, parameters));
    }
}
