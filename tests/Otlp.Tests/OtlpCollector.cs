using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Otlp.Tests;

/// <summary>
/// Takes what comes by OTLP, over HTTP or gRPC, and reads it by OpenTelemetry's descriptions (metrics.proto, trace.proto); shares no code with who sends.
/// </summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, string Headers, ProtoMessage Message)> _received = new();

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>Whether requests are refused.</summary>
    public bool Refuses { get; set; }

    public Uri Url => new(_app.Urls.Single());

    /// <summary>Where requests went, and what headers they had.</summary>
    public IReadOnlyList<(string Path, string Headers)> Requests => [.. _received.Select(static r => (r.Path, r.Headers))];

    /// <summary>Each point of a metric (<see cref="OtlpPoints"/>).</summary>
    public IReadOnlyList<string> Points =>
    [
        .. from request in _received
           where request.Path.Contains("etrics", StringComparison.Ordinal)
           from point in OtlpPoints.Read(request.Message)
           select point,
    ];

    /// <summary>Each span: name, kind and attributes.</summary>
    public IReadOnlyList<string> Spans =>
    [
        .. from request in _received
           where request.Path.Contains("race", StringComparison.Ordinal)
           from resource in request.Message.All(1)
           from scope in resource.All(2)
           from span in scope.All(2)
           select $"{scope.All(1).Single().TextOf(1)} {span.TextOf(5)} {span.NumberOf(6)} {string.Join(',', span.AttributesOf(9))}",
    ];

    /// <summary>What is told of the processes.</summary>
    public IReadOnlyList<string> Resources => [.. _received.SelectMany(static r => r.Message.All(1)).SelectMany(static r => r.All(1).Single().AttributesOf(1))];

    /// <summary>Listens at a free port.</summary>
    /// <param name="isGrpc">Whether HTTP/2 is spoken without TLS, which leaves no choice of another version.</param>
    public static async Task<OtlpCollector> StartAsync(bool isGrpc = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(
            System.Net.IPAddress.Loopback, 0, l => l.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.Run(collector.TakeAsync);
        await app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        var isGrpc = context.Request.ContentType == "application/grpc";
        if (isGrpc)
        {
            Assert.Equal((0, bytes.Length - 5), (bytes[0], BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1))));
            bytes = bytes[5..];
        }

        _received.Enqueue((context.Request.Path, string.Join('\n', context.Request.Headers), new ProtoMessage(bytes)));
        context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
        if (isGrpc)
        {
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", Refuses ? "7" : "0");
        }
        else if (Refuses)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
        }
    }
}
