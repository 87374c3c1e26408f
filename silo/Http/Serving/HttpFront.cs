using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Dashboard;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The HTTP endpoints of a producer.</summary>
internal sealed class HttpFront : IAsyncDisposable
{
    /// <summary>How long answers that are being written may take when HTTP stops.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private readonly bool _isLoopback;

    private HttpFront(WebApplication app, KplHttpOptions options)
    {
        (_app, _isLoopback, DrainDelay) = (app, options.IsLoopback, options.DrainDelay);
        // In the order in which they were made to listen.
        (AdminUrl, HealthUrl) = (options.AdminPort < 0 ? null : app.Urls.ElementAt(1), options.HealthPort < 0 ? null : app.Urls.Last());
    }

    /// <summary>How long a process that was asked to stop still takes records.</summary>
    public TimeSpan DrainDelay { get; }

    /// <summary>The address of the endpoints, such as <c>http://127.0.0.1:8080</c>; <c>https</c> with a certificate.</summary>
    public string Url => _app.Urls.First();

    /// <summary>The address that administration has for itself; null if it has none.</summary>
    public string? AdminUrl { get; }

    /// <summary>The address that probes have for themselves; null if they have none.</summary>
    public string? HealthUrl { get; }

    /// <summary>
    /// The end of the line of all addresses: those of administration and of probes, if they have their own, and the dashboard, where it is served.
    /// </summary>
    public string ReadySuffix => (AdminUrl is { } admin ? $" admin={admin}" : "") + (HealthUrl is { } health ? $" health={health}" : "")
        + ((AdminUrl ?? (_isLoopback ? Url : null)) is { } url ? $" dashboard={url}{DashboardEndpoints.Path}" : "");

    public IngestGate Gate => Services.GetRequiredService<IngestGate>();

    /// <summary>The services behind the endpoints.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts listening.</summary>
    /// <param name="producer">The producer that accepts the records; its creator disposes it.</param>
    /// <param name="backlog">Administers the backlogs of the streams; null if there is none.</param>
    /// <param name="parts">Further parts, such as the Kinesis front; null for none.</param>
    /// <param name="peers">The other silos, whose clients share quotas with those of this one; null for none.</param>
    /// <param name="view">All processes of the tier at a glance; null for none.</param>
    /// <param name="readiness">The checks of <c>/health/ready</c> in addition to the gate.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="KplOptionsException">The file of identities, or one of TLS, has errors; or the process would send to itself.</exception>
    public static async Task<HttpFront> StartAsync(
        IKplProducer producer, IStreamAdmin admin, IBacklogAdmin? backlog, KplHttpOptions options, ILoggerFactory loggers,
        KinesisAddress kinesis, IReadOnlyList<IHttpPart>? parts = null, IQuotaPeers? peers = null, ITierView? view = null,
        params IEnumerable<IReadinessCheck> readiness)
    {
        if (EndpointLoop.Find(options, kinesis.Endpoint) is { } loop)
            throw new KplOptionsException([loop]);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new FrontLog(loggers, TimeProvider.System)));
        builder.Services.AddSingleton<IHostLifetime, ForeignLifetime>();
        builder.Services.AddSingleton(producer);
        builder.Services.AddSingleton(admin);
        builder.Services.AddSingleton(kinesis);
        if (backlog is not null)
            builder.Services.AddSingleton(backlog);
        if (peers is not null)
            builder.Services.AddSingleton(peers);
        if (view is not null)
            builder.Services.AddSingleton(view);
        foreach (var check in readiness)
            builder.Services.AddSingleton(check);
        builder.Services.AddSingleton<IOptions<KplHttpOptions>>(new OptionsWrapper<KplHttpOptions>(options));
        builder.Services.AddKplHttp();
        builder.Services.AddSingleton<RootEndpoint>();
        if (options.Identities is { } identities)
            builder.Services.AddIdentities(identities);
        if (options.Tls is { } files)
            builder.Services.AddSingleton(s => TlsStore.Open(files, s.GetRequiredService<TimeProvider>(), new TlsLog(s.GetRequiredService<ILogger<TlsLog>>())));
        builder.WebHost.UseKestrelCore().UseSockets(ServerLimits.Set).ConfigureKestrel(kestrel =>
        {
            ServerLimits.Set(kestrel, options);
            var tls = kestrel.ApplicationServices.GetService<TlsStore>();
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port, port =>
            {
                AddressLimit.Use(port, options.ConnectionsPerAddress, kestrel.ApplicationServices, options.MaxConnections);
                if (options.Identities is not null)
                    port.Use(ConnectionSigner.Keep);
                if (tls is not null)
                    TlsListener.Use(port, tls);
                else
                    foreach (var part in parts ?? [])
                        part.ListenPlain(kestrel, port);
            });
            if (options.AdminPort >= 0)
                AdminListener.Listen(kestrel, options, tls);
            if (options.HealthPort >= 0)
                HealthListener.Listen(kestrel, options);
        });
        BlockPool.Use(builder.Services);
        var app = builder.Build();
        try
        {
            RequestPipeline.Use(app, readiness.OfType<JoiningCheck>(), options.RetryAfter);
            foreach (var part in parts ?? [])
                part.Map(app);
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new HttpFront(app, options);
    }

    /// <summary>Stops listening; answers that are being written get a moment to finish.</summary>
    public async ValueTask DisposeAsync()
    {
        Gate.Leave(); // one that was never drained waits for nobody to see it
        await _app.StopAsync(StopTimeout);
        await _app.DisposeAsync();
    }
}

/// <summary>The lifetime of a host that is one part of a program: the program handles signals and the order of stopping.</summary>
internal sealed class ForeignLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The limits on connections and memory that one client, or many, may hold of the server before a request is there.</summary>
internal static class ServerLimits
{
    private const int HeaderBytes = 16 << 10;

    /// <summary>
    /// The most bytes of a connection that wait to be read, such as requests behind one that is not answered yet. HTTP/2 has Kestrel's window of 1 MiB
    /// instead: a smaller window would slow down bodies over long round trips.
    /// </summary>
    private const int UnreadBytes = 256 << 10;

    /// <summary>Slower bodies are cut off: a socket costs a client nothing, and this process a buffer.</summary>
    private const double LeastBytesPerSecond = 4 << 10;

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void Set(KestrelServerOptions kestrel, KplHttpOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(LeastBytesPerSecond, Grace);
    }

    public static void Set(SocketTransportOptions sockets) => sockets.MaxReadBufferSize = UnreadBytes;
}

/// <summary>The way of a request through a tier's HTTP, from its first step to its last.</summary>
internal static class RequestPipeline
{
    public static void Use(WebApplication app, IEnumerable<JoiningCheck> joining, TimeSpan retryAfter)
    {
        // Before Kestrel hands a request over: connections of an address (AddressLimit), TLS, all connections, headers, pace (ServerLimits).
        // 1. How many requests of its address are under way.
        app.Use(AddressLimit.CountAsync);
        // 2. What every answer carries, and that it ends its connection while the process leaves;
        //    and who is refused whatever is asked: foreign pages, foreign hosts, the wrong listener (RequestGuard).
        app.UseKplGuard();
        // 3. Probes alone, until the process has joined its cluster.
        foreach (var check in joining)
            check.Use(app, retryAfter);
        // 4. Errors that have no body get ours.
        app.UseKplErrors();
        // 5. Which endpoint it is.
        app.UseRouting();
        // 6. Who asks, whether that caller may, and within which quotas (Identities); everybody where there are no identities.
        app.UseIdentities();
        // 7. The endpoint. Each way in has a wrapper that answers its failures:
        //    records: draining (GatedEndpoint), stream (StreamGate), body (BodyReader, BodyMemory), room (AcceptTimeout);
        //    administration: this machine, its own listener, no proxy (AdminAccess).
        app.MapKplIngest().MapKplHealth().MapKplAdmin().MapIdentities();
        app.Services.GetRequiredService<RootEndpoint>().Map(app);
    }
}
