using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http;

/// <summary>The HTTP endpoint that Prometheus reads.</summary>
public static class KplMetricsEndpoints
{
    /// <summary>
    /// Maps <c>GET /metrics</c>: the registered <see cref="IMetricsPage"/>, such as that of <c>AddKplMetrics</c> in package
    /// <c>Orleans.Kpl.Metrics</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapKplMetrics(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapKplMetrics(endpoints.ServiceProvider.GetRequiredService<IMetricsPage>());
    }

    internal static IEndpointRouteBuilder MapKplMetrics(this IEndpointRouteBuilder endpoints, IMetricsPage page)
    {
        // An application of its own may have no more than the page.
        var services = endpoints.ServiceProvider;
        var endpoint = new MetricsEndpoint(
            page, services.GetService<TrustedProxies>() ?? new TrustedProxies([]), services.GetRequiredService<ILogger<MetricsEndpoint>>(),
            services.GetService<TimeProvider>() ?? TimeProvider.System);
        endpoints.MapMethods("/metrics", [HttpMethods.Get, HttpMethods.Head], endpoint.AnswerAsync);
        return endpoints;
    }
}
