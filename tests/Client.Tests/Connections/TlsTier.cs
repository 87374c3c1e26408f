using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Tests.Backlog;

namespace Orleans.Kpl.Client.Tests.Connections;

/// <summary>Two silos with mutual TLS on real sockets, in this process, over a local Kinesis endpoint.</summary>
internal sealed class TlsTier : IAsyncDisposable
{
    public const string Stream = "events";

    private const string Id = "tls";

    private readonly List<IHost> _silos = [];
    private readonly List<IHost> _clients = [];
    private readonly List<(HeldPort Silo, HeldPort Gateway)> _ports = [(new(), new()), (new(), new())];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _taken = new();
    private readonly MemoryStateStore _state = new();
    private readonly SharedStores _stores = new();
    private readonly LocalKinesisServer _kinesis;

    private TlsTier(LocalKinesisServer kinesis) => _kinesis = kinesis;

    public TestAuthority SiloRoot { get; } = new("Silos");

    public TestAuthority ClientRoot { get; } = new("Clients");

    public DeployedFolder Folder { get; } = new();

    public KinesisEndpoint Kinesis => _kinesis.Kinesis;

    public IReadOnlyList<IHost> Silos => _silos;

    public IPEndPoint SiloPort(int silo) => new(IPAddress.Loopback, _ports[silo].Silo.Number);

    public IPEndPoint GatewayPort(int silo) => new(IPAddress.Loopback, _ports[silo].Gateway.Number);

    public static async Task<TlsTier> StartAsync(Action<KplClusterOptions>? configure = null)
    {
        var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await kinesis.Kinesis.CreateStreamAsync(Stream, 8);
        var tier = new TlsTier(kinesis);
        tier.Folder.Write("silos.crt", tier.SiloRoot.Pem);
        tier.Folder.Write("clients.crt", tier.ClientRoot.Pem);
        tier.Folder.Write("silo.pem", tier.SiloRoot.Issue("silo"));
        tier.Folder.Write("client.pem", tier.ClientRoot.Issue("client"));
        for (var i = 0; i < 2; i++)
            await tier.StartSiloAsync(i, configure);
        return tier;
    }

    /// <summary>A client as a program has it, connected to the first silo.</summary>
    public async Task<IHost> ConnectAsync(Action<KplClusterOptions>? configure = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client => client.UseKplCluster(cluster =>
        {
            (cluster.Id, cluster.ServiceId, cluster.GatewayPort) = (Id, Id, GatewayPort(0).Port);
            (cluster.CertificateFile, cluster.SiloCaCertFile) = (Folder.PathOf("client.pem"), Folder.PathOf("silos.crt"));
            configure?.Invoke(cluster);
        }).AddKpl(static o => o.RecordTtl = Waiting.Long));
        var host = builder.Build();
        _clients.Add(host);
        await host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        return host;
    }

    /// <summary>
    /// Does TLS with a port, and gives back the certificate that it shows; null where the port refuses ours. The port judges ours after this side's
    /// handshake has ended: either Orleans gets the connection, or it is cut off.
    /// </summary>
    public async Task<X509Certificate2?> TryConnectAsync(IPEndPoint port, string? pem)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(port, TestContext.Current.CancellationToken);
        var taken = _taken.GetOrAdd(((IPEndPoint)socket.Client.LocalEndPoint!).Port, static _ => New());
        await using var tls = new SslStream(socket.GetStream());
        using var own = pem is null ? null : TestAuthority.Load(pem);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    ClientCertificates = own is null ? null : [own],
                    RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null,
                    ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
                },
                TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
            var cut = ReadToEndAsync(tls);
            return await Task.WhenAny(taken.Task, cut).WaitAsync(Waiting.Long) == taken.Task
                ? X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData())
                : null;
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            return null;
        }
    }

    /// <summary>Has every silo read its files again.</summary>
    public void Refresh()
    {
        foreach (var silo in _silos)
            silo.Services.GetRequiredService<TlsStore>().Refresh();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _clients.Concat(_silos.AsEnumerable().Reverse()))
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }
        foreach (var (silo, gateway) in _ports)
        {
            silo.Dispose();
            gateway.Dispose();
        }
        await _kinesis.DisposeAsync();
        SiloRoot.Dispose();
        ClientRoot.Dispose();
        Folder.Dispose();
    }

    /// <remarks>A silo speaks first at its silo port.</remarks>
    private static async Task ReadToEndAsync(SslStream tls)
    {
        while (await tls.ReadAsync(new byte[256], TestContext.Current.CancellationToken) > 0)
        {
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ConnectionDelegate Note(ConnectionDelegate next) => connection =>
    {
        _taken.GetOrAdd(((IPEndPoint)connection.RemoteEndPoint!).Port, static _ => New()).TrySetResult();
        return next(connection);
    };

    private async Task StartSiloAsync(int number, Action<KplClusterOptions>? configure)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(SiloPort(number).Port, GatewayPort(number).Port, SiloPort(0), Id, Id);
#pragma warning disable ORLEANSEXP003
            silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
            var cluster = new KplClusterOptions
            {
                // Its tables are in memory here.
                Membership = ClusterMembership.DynamoDb, DynamoDb = { ServiceUrl = new Uri("http://127.0.0.1:9") },
                CertificateFile = Folder.PathOf("silo.pem"), SiloCaCertFile = Folder.PathOf("silos.crt"), ClientCaCertFile = Folder.PathOf("clients.crt"),
            };
            configure?.Invoke(cluster);
            silo.AddKpl(
                new KplOptions
                {
                    RecordTtl = Waiting.Long,
                    Kinesis = { EndpointUrl = _kinesis.Url, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" },
                },
                cluster, isTierOnly: true);
            silo.ConfigureServices(services => services.AddSingleton<IStateStore>(_state).AddSingleton<IWriterStores>(_stores));
            // Behind TLS: what gets here has been taken.
            silo.Configure<SiloConnectionOptions>(connections =>
            {
                connections.ConfigureSiloInboundConnection(c => c.Use(Note));
                connections.ConfigureGatewayInboundConnection(c => c.Use(Note));
            });
        });
        var host = builder.Build();
        _silos.Add(host);
        await host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
    }
}
