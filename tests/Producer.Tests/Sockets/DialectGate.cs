using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>A gateway before a Kinesis endpoint, which notes in which dialect each operation came and lets CBOR pass or not.</summary>
internal sealed class DialectGate : IAsyncDisposable
{
    private const string Cbor = "application/x-amz-cbor-1.1";

    private readonly WebApplication _application;
    private readonly HttpClient _http = new();

    private DialectGate(Uri endpoint, bool refusesCbor)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        _application.Run(context => PassAsync(context, endpoint, refusesCbor));
    }

    /// <summary>Each request's operation, and whether it came in CBOR.</summary>
    public ConcurrentQueue<(string Operation, bool Cbor)> Seen { get; } = new();

    public Uri Url => new(_application.Urls.Single());

    public static async Task<DialectGate> StartAsync(Uri endpoint, bool refusesCbor)
    {
        var gate = new DialectGate(endpoint, refusesCbor);
        await gate._application.StartAsync();
        return gate;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context, Uri endpoint, bool refusesCbor)
    {
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        Seen.Enqueue((target[(target.LastIndexOf('.') + 1)..], context.Request.ContentType == Cbor));
        if (refusesCbor && context.Request.ContentType == Cbor)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        using var passed = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StreamContent(context.Request.Body) };
        passed.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        foreach (var (name, value) in context.Request.Headers.Where(h => h.Key.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase) || h.Key == "Authorization"))
            passed.Headers.TryAddWithoutValidation(name, value.ToString());
        using var answer = await _http.SendAsync(passed, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
