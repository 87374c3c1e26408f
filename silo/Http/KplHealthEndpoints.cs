using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http;

/// <summary>HTTP endpoints for load balancers and people.</summary>
public static class KplHealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Maps <c>GET /health</c> (ok and the outstanding records, ok even when saturated), <c>/health/live</c> (the process
    /// serves) and <c>/health/ready</c> (503 while draining, or while an <see cref="IReadinessCheck"/> finds an obstacle). Needs
    /// <see cref="KplHttpServices.AddKplHttp"/>.
    /// </summary>
    public static IEndpointRouteBuilder MapKplHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var producer = endpoints.ServiceProvider.GetRequiredService<IKplProducer>();
        var gate = endpoints.ServiceProvider.GetRequiredService<IngestGate>();
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<KplHttpOptions>>();
        endpoints.MapMethods("/health", Methods, context => WriteOkAsync(context, producer.OutstandingRecords));
        endpoints.MapMethods("/health/live", Methods, context => WriteOkAsync(context, null));
        var checks = endpoints.ServiceProvider.GetServices<IReadinessCheck>().ToArray();
        endpoints.MapMethods("/health/ready", Methods, context =>
        {
            if (gate.IsDraining)
                return ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
            foreach (var check in checks)
            {
                if (check.FindObstacle() is { } obstacle)
                    return ErrorAnswer.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.NotReady, obstacle);
            }
            return WriteOkAsync(context, null);
        });
        return endpoints;
    }

    private static Task WriteOkAsync(HttpContext context, long? outstandingRecords)
    {
        using var answer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, true);
            if (outstandingRecords is { } count)
                json.WriteNumber("outstanding_records"u8, count);
            json.WriteEndObject();
        }
        context.Response.Headers.CacheControl = "no-store";
        return answer.SendAsync(context.Response, StatusCodes.Status200OK, ContentType.Json);
    }
}
