using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Serving;

/// <summary>HTTP in front of a producer.</summary>
internal sealed class HttpFront : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private HttpFront(WebApplication app) => _app = app;

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8080</c>.</summary>
    public string Url => _app.Urls.Single();

    public IngestGate Gate => _app.Services.GetRequiredService<IngestGate>();

    /// <summary>Starts to listen.</summary>
    /// <param name="producer">What takes the records; whoever made it disposes it.</param>
    /// <param name="admin">What looks after their shards.</param>
    /// <param name="backlog">What looks after their backlog; null where nothing does.</param>
    /// <param name="options">Where to listen, and what to take.</param>
    /// <param name="loggers">The log.</param>
    /// <param name="readiness">What <c>/health/ready</c> asks beside the gate.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<HttpFront> StartAsync(
        IKplProducer producer, IStreamAdmin admin, IBacklogAdmin? backlog, KplHttpOptions options, ILoggerFactory loggers,
        params IEnumerable<IReadinessCheck> readiness)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddSingleton<IHostLifetime, ForeignLifetime>();
        builder.Services.AddSingleton(producer);
        builder.Services.AddSingleton(admin);
        if (backlog is not null)
            builder.Services.AddSingleton(backlog);
        foreach (var check in readiness)
            builder.Services.AddSingleton(check);
        builder.Services.AddKplHttp(o => Copy(options, o));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port);
        });
        var app = builder.Build();
        app.UseKplErrors().UseRouting();
        app.MapKplIngest().MapKplHealth().MapKplAdmin();
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new HttpFront(app);
    }

    /// <summary>Stops listening; answers that are being written have a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(StopTimeout);
        await _app.DisposeAsync();
    }

    private static void Copy(KplHttpOptions from, KplHttpOptions to)
    {
        to.Address = from.Address;
        to.Port = from.Port;
        to.DefaultStream = from.DefaultStream;
        to.MaxBodyBytes = from.MaxBodyBytes;
        to.MaxRecords = from.MaxRecords;
        to.RetryAfter = from.RetryAfter;
    }
}
