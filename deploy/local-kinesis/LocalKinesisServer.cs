using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.LocalKinesis.Front;

namespace Orleans.Kpl.LocalKinesis;

/// <summary>A Kinesis endpoint on this machine, in this process, with real limits and an exact account.</summary>
public sealed class LocalKinesisServer : IAsyncDisposable
{
    private readonly WebApplication _services;
    private readonly IServer _server;
    private readonly CancellationTokenSource _stopping;
    private int _disposed;

    private LocalKinesisServer(WebApplication services, KinesisEndpoint kinesis, CancellationTokenSource stopping)
    {
        (_services, _stopping, Kinesis) = (services, stopping, kinesis);
        _server = services.Services.GetRequiredService<IServer>();
    }

    /// <summary>The clear-text address, with the port that was taken; it speaks HTTP/1.1 and HTTP/2 with prior knowledge.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The TLS address, when one was asked for; HTTP/1.1 or HTTP/2, as negotiated.</summary>
    public Uri? TlsUrl { get; private set; }

    /// <summary>The TLS port's certificate, its own root: a client may be given it as CA bundle.</summary>
    public X509Certificate2? Certificate { get; private init; }

    /// <summary>The endpoint from inside.</summary>
    public KinesisEndpoint Kinesis { get; }

    /// <summary>Starts an endpoint; it answers when this completes.</summary>
    /// <exception cref="ArgumentException">Settings are wrong; the message names all of them.</exception>
    /// <exception cref="IOException">A port is taken; the message says which.</exception>
    public static Task<LocalKinesisServer> StartAsync(
        LocalKinesisOptions options, ILoggerFactory? loggerFactory = null, CancellationToken ct = default) => StartWithAsync([], options, loggerFactory, ct);

    /// <summary>Starts an endpoint that has streams before anybody can ask for them: who comes a moment too early would be told that there are none.</summary>
    internal static async Task<LocalKinesisServer> StartWithAsync(
        IEnumerable<(string Name, int Shards)> streams, LocalKinesisOptions options, ILoggerFactory? loggerFactory, CancellationToken ct)
    {
        var errors = LocalKinesisOptionsValidator.Validate(options);
        if (errors.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(options));
        HashKeys.RequireMd5(static () => MD5.HashData([]));
        loggerFactory ??= NullLoggerFactory.Instance;
        var logger = loggerFactory.CreateLogger<LocalKinesisServer>();
        var retention = new Retention(options.RetentionBytes, options.Account == AccountMode.Records, logger);
        var store = new StreamStore(new(options, new(options.TimeProvider), retention));
        var kinesis = new KinesisEndpoint(store);
        var address = IPAddress.Parse(options.Address);
        var certificate = options.TlsPort is null ? null
            : options.TlsCertificateFile is { } file ? CertificateFile.LoadOrCreate(file, address) : SelfSignedCertificate.Create(address);
        ListenOptions? clear = null, tls = null;
        var services = KestrelServices.Build(loggerFactory, kestrel =>
        {
            kestrel.Listen(address, options.Port, listen =>
                (clear = listen).UseOutage(kinesis.Faults).Use(next => new ProtocolSniffer(next).OnConnectionAsync));
            if (options.TlsPort is { } tlsPort)
                kestrel.Listen(address, tlsPort, listen => (tls = listen).UseOutage(kinesis.Faults).UseHttps(certificate!));
        });
        var stopping = new CancellationTokenSource();
        var server = new LocalKinesisServer(services, kinesis, stopping) { Certificate = certificate };
        var calls = new RequestHandler(store, kinesis.Faults, stopping.Token, logger);
        var pages = new ControlPages(kinesis);
        try
        {
            foreach (var (name, shards) in streams)
                await kinesis.CreateStreamAsync(name, shards);
            await server._server.StartAsync(new KestrelApplication(Handle), ct);
        }
        catch (Exception error)
        {
            await server.DisposeAsync();
            if (error is IOException && error.InnerException is AddressInUseException)
                throw new IOException($"The local Kinesis endpoint cannot listen: {error.Message} Another may run there; --kinesis-port names another port, --kinesis-tls-port that of TLS, and 0 takes a free one.", error);
            throw;
        }
        server.Url = new($"http://{clear!.IPEndPoint}");
        server.TlsUrl = tls is null ? null : new($"https://{tls.IPEndPoint}");
        return server;

        Task Handle(HttpContext context)
        {
            RequestIds.Add(context.Response.Headers);
            return pages.TryHandle(context) ?? calls.HandleAsync(context);
        }
    }

    /// <summary>Stops listening; what is being answered has a moment to end, then connections are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(moment.Token);
        await _services.DisposeAsync();
        Certificate?.Dispose();
        _stopping.Dispose();
    }
}
