using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Ingesting;

namespace Orleans.Kpl.Http;

/// <summary>The ways in for records.</summary>
public static class KplIngestEndpoints
{
    /// <summary>
    /// Maps <c>POST /events/confirmed</c>, <c>POST /events</c> and <c>POST /streams/{stream}/records?ack=</c> over the
    /// <see cref="IKplProducer"/> of the application. Needs <see cref="KplHttpServices.AddKplHttp"/>.
    /// </summary>
    public static IEndpointRouteBuilder MapKplIngest(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var gated = endpoints.ServiceProvider.GetRequiredService<GatedEndpoint>();
        var events = endpoints.ServiceProvider.GetRequiredService<EventEndpoints>();
        var records = endpoints.ServiceProvider.GetRequiredService<RecordsEndpoint>();
        Map("/events/confirmed", events.PutConfirmedAsync);
        Map("/events", events.PutAsync);
        Map($"/streams/{{{RecordsEndpoint.StreamParameter}}}/records", records.PutAsync);
        return endpoints;

        void Map(string path, RequestDelegate endpoint) => endpoints.MapPost(path, gated.Wrap(endpoint));
    }
}
