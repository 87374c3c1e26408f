using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.LocalKinesis.Front;
using Orleans.Kpl.LocalKinesis.Limits;
using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis;

/// <summary>A Kinesis endpoint on this machine, in this process, with real limits and an exact account.</summary>
public sealed class LocalKinesisServer : IAsyncDisposable
{
    private readonly WebApplication _services;
    private readonly IServer _server;

    private LocalKinesisServer(WebApplication services, IServer server, KinesisEndpoint kinesis) =>
        (_services, _server, Kinesis) = (services, server, kinesis);

    /// <summary>The clear-text address, with the port that was taken.</summary>
    public Uri Url { get; private init; } = null!;

    /// <summary>The TLS address, when one was asked for.</summary>
    public Uri? TlsUrl { get; private init; }

    /// <summary>The TLS port's certificate, its own root: a client may be given it as CA bundle.</summary>
    public X509Certificate2? Certificate { get; private init; }

    /// <summary>The endpoint from inside.</summary>
    public KinesisEndpoint Kinesis { get; }

    /// <summary>Starts an endpoint; it answers when this completes.</summary>
    /// <exception cref="ArgumentException">Settings are wrong; the message names all of them.</exception>
    /// <exception cref="IOException">A port is taken; the message says which.</exception>
    public static async Task<LocalKinesisServer> StartAsync(
        LocalKinesisOptions options, ILoggerFactory? loggerFactory = null, CancellationToken ct = default)
    {
        var errors = LocalKinesisOptionsValidator.Validate(options);
        if (errors.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(options));
        loggerFactory ??= NullLoggerFactory.Instance;
        var logger = loggerFactory.CreateLogger<LocalKinesisServer>();
        var clock = new EndpointClock(options.TimeProvider);
        var store = new StreamStore(new(options, clock,
            new(options.RetentionBytes, options.Account == AccountMode.Records, logger), new(options.ArrivalJitter, options.Seed)));
        var kinesis = new KinesisEndpoint(store);
        var address = IPAddress.Parse(options.Address);
        var certificate = options.TlsPort is null ? null : SelfSignedCertificate.Create(address, options.TimeProvider.GetUtcNow());
        ListenOptions? clear = null, tls = null;
        var services = Build(loggerFactory, kestrel =>
        {
            kestrel.Listen(address, options.Port, listen => (clear = listen).Protocols = HttpProtocols.Http1);
            if (options.TlsPort is { } tlsPort) kestrel.Listen(address, tlsPort, listen => (tls = listen).UseHttps(certificate!));
        });
        var server = services.Services.GetRequiredService<IServer>();
        try
        {
            await server.StartAsync(new KestrelApplication(new RequestHandler(store, new(kinesis), logger).HandleAsync), ct);
        }
        catch (Exception error)
        {
            await services.DisposeAsync();
            certificate?.Dispose();
            if (error is IOException && error.InnerException is AddressInUseException)
                throw new IOException($"The local Kinesis endpoint cannot listen: {error.Message}", error);
            throw;
        }
        return new(services, server, kinesis)
        {
            Url = new($"http://{clear!.IPEndPoint}"),
            TlsUrl = tls is null ? null : new($"https://{tls.IPEndPoint}"),
            Certificate = certificate,
        };
    }

    /// <summary>Stops listening; what is being answered has a moment to end, then connections are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(moment.Token);
        await _services.DisposeAsync();
        Certificate?.Dispose();
    }

    /// <summary>Kestrel and what it needs, without a host: nothing here listens to signals or writes to the console.</summary>
    private static WebApplication Build(ILoggerFactory loggerFactory, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggerFactory));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks());
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false)
            .UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            listen(kestrel);
        });
        return builder.Build();
    }
}
