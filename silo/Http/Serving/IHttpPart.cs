using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Kpl.Http.Administering;

namespace Orleans.Kpl.Http.Serving;

/// <summary>A further part of a process' HTTP, on the port of the others.</summary>
internal interface IHttpPart
{
    /// <summary>Sets up a port without TLS, before it is opened.</summary>
    void ListenPlain(KestrelServerOptions server, ListenOptions port)
    {
    }

    void Map(IEndpointRouteBuilder endpoints);
}

/// <summary>The cost of a stream, as a part of a process' HTTP.</summary>
/// <param name="costOf">Returns what a stream costs, as JSON.</param>
internal sealed class CostPart(Func<string, CancellationToken, Task<JsonObject>> costOf) : IHttpPart
{
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapMethods(
        AdminQueryEndpoints.Path + "/cost", [HttpMethods.Get, HttpMethods.Head], endpoints.ServiceProvider.GetRequiredService<AdminEndpoint>().Wrap(
            async context => await AdminBody.WriteAsync(context, await costOf(AdminQueryEndpoints.StreamOf(context), context.RequestAborted))));
}

/// <summary>The page of metrics, as a part of a process' HTTP.</summary>
/// <param name="page">The page; null where metrics are not shown.</param>
internal sealed class MetricsPart(IMetricsPage? page) : IHttpPart
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        if (page is not null)
            endpoints.MapKplMetrics(page);
    }
}
