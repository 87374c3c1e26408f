using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Fuzzing;

/// <summary>The way of a request through a tier, without a server: what it is given is what the server would hand over.</summary>
internal sealed class TierApp : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly RequestDelegate _run;

    public TierApp(string? identities = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(b => b.AddProvider(Logs).SetMinimumLevel(LogLevel.Error));
        services.AddSingleton<IKplProducer>(Producer).AddSingleton<IStreamAdmin>(new FakeStreamAdmin()).AddSingleton<IBacklogAdmin>(new FakeBacklog());
        services.AddSingleton(new DiagnosticListener("fuzz")).AddKplHttp(static o => o.MaxBodyBytes = 64 << 10);
        if (identities is not null)
            services.AddIdentities(identities);
        _services = services.BuildServiceProvider();
        var app = new ApplicationBuilder(_services);
        app.UseKplGuard().UseKplErrors().UseRouting().UseIdentities().UseEndpoints(static e => e.MapKplIngest().MapKplHealth().MapKplAdmin().MapIdentities());
        _run = app.Build();
    }

    public SpentProducer Producer { get; } = new();

    public CapturedLog Logs { get; } = new();

    public long BodyBytes => _services.GetRequiredService<BodyMemory>().Bytes;

    public long InFlight => _services.GetRequiredService<IngestGate>().InFlight;

    /// <summary>Runs one request, whose body comes in parts of that many bytes.</summary>
    public async Task<(int Status, string Text)> RunAsync(string method, string target, byte[] body, int part, params (string Name, string Value)[] headers)
    {
        await using var scope = _services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        var response = new Response();
        context.Features.Set<IHttpResponseFeature>(response);
        using var written = new Written(response);
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(written));
        using var parts = new Parts(body, part);
        var reader = PipeReader.Create(parts);
        context.Features.Set<IRequestBodyPipeFeature>(new Body(reader));
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        (context.Request.Method, context.Request.Scheme, context.Request.Host) = (method, "http", new HostString("localhost"));
        context.Request.Path = query < 0 ? target : target[..query];
        context.Request.QueryString = new QueryString(query < 0 ? "" : target[query..]);
        foreach (var (name, value) in headers)
            context.Request.Headers.Append(name, value);
        await _run(context);
        await context.Response.CompleteAsync();
        await reader.CompleteAsync();
        return (context.Response.StatusCode, System.Text.Encoding.UTF8.GetString(written.ToArray()));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    private sealed class Response : HttpResponseFeature
    {
        public bool IsStarted { get; set; }

        public override bool HasStarted => IsStarted;
    }

    private sealed class Written(Response response) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            response.IsStarted = true;
            base.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.ToArray(), 0, buffer.Length);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A body that comes in parts.</summary>
    private sealed class Parts(byte[] body, int part) : MemoryStream(body)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span[..Math.Min(part, buffer.Length)]));
    }
}
