using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Clustering.Tls;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Clustering.Tests.Tls;

/// <summary>Ports and callers with the product's TLS, on sockets of this machine; handshakes have a clock that the test moves.</summary>
internal sealed class TlsWorld : IAsyncDisposable
{
    private readonly CapturedLog _log = new();
    private readonly HandshakeLog _handshakes;
    private readonly List<IAsyncDisposable> _parts = [];

    public TlsWorld() => _handshakes = new HandshakeLog(_log, Time);

    /// <summary>The names of silos and clients, for stores that are opened afterwards.</summary>
    public (string[] Silos, string[] Clients) Names { get; set; } = ([], []);

    public FakeTimeProvider Time { get; } = new();

    public TestAuthority SiloRoot { get; } = new("Silos");

    public TestAuthority ClientRoot { get; } = new("Clients");

    public DeployedFolder Folder { get; } = new();

    /// <summary>Each handshake that failed, as the log has it.</summary>
    public IEnumerable<string> Failures => _log.Lines.Select(static l => l.Line).Where(static l => l.StartsWith("TLS", StringComparison.Ordinal));

    /// <summary>The certificates of a process; its own is in a file of that name, and may have been read at another time.</summary>
    public TlsStore Open(string name, string? own = null, DateTimeOffset? then = null)
    {
        var files = new TlsFiles
        {
            Section = "Kpl:Cluster", CertificateFile = Folder.Write(name, own ?? SiloRoot.Issue(name)),
            SiloCaCertFile = Folder.Write("silos.crt", SiloRoot.Pem), ClientCaCertFile = Folder.Write("clients.crt", ClientRoot.Pem),
            SiloNames = Names.Silos, ClientNames = Names.Clients,
        };
        return Keep(TlsStore.Open(files, Time, new ClusterTlsLog(_log), (now, inForce) => files.Read(then ?? now, inForce)));
    }

    public TlsPort Serve(TlsSide side = TlsSide.SiloPort, TlsStore? store = null, IPAddress? address = null, int mostHandshakes = PendingHandshakes.Most) =>
        Keep(new TlsPort(Middleware(side, store ?? Open("silo"), mostHandshakes), address ?? IPAddress.Loopback));

    /// <summary>Calls a port as a silo or a client does. Whether its handshake is taken is known when <see cref="TlsLine.Up"/> ends.</summary>
    public async Task<TlsLine> CallAsync(IPEndPoint port, TlsStore? store = null)
    {
        var socket = new Socket(port.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(port, TestContext.Current.CancellationToken);
        return Call(socket, store);
    }

    /// <summary>Calls over a socket that the test keeps in its hands.</summary>
    public TlsLine Call(Socket socket, TlsStore? store = null) => Keep(new TlsLine(socket, Middleware(TlsSide.Caller, store ?? Open("caller"))));

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts.AsEnumerable().Reverse())
            await part.DisposeAsync();
        _handshakes.Dispose();
        SiloRoot.Dispose();
        ClientRoot.Dispose();
        Folder.Dispose();
    }

    private TlsMiddleware Middleware(TlsSide side, TlsStore store, int mostHandshakes = PendingHandshakes.Most) =>
        new(side, store, Time, _handshakes, mostHandshakes);

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
