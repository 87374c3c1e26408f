using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The page of metrics, as a part of a process' HTTP.</summary>
/// <param name="page">The page; null where metrics are not shown.</param>
internal sealed class MetricsPart(IMetricsPage? page) : IHttpPart
{
    /// <inheritdoc />
    public void ListenPlain(KestrelServerOptions server, ListenOptions port)
    {
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder endpoints)
    {
        if (page is not null)
            endpoints.MapKplMetrics(page);
    }
}
