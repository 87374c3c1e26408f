using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Kpl.Http.Answering;

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
        endpoints.MapMethods("/metrics", [HttpMethods.Get, HttpMethods.Head], async context =>
        {
            using var answer = new AnswerBuffer();
            var contentType = page.Write(answer, context.Request.Headers.Accept);
            context.Response.Headers.CacheControl = "no-store";
            await answer.SendAsync(context.Response, StatusCodes.Status200OK, contentType);
        });
        return endpoints;
    }
}
