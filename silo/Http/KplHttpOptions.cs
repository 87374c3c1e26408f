using System.Net;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Http;

/// <summary>The addresses and limits of the HTTP endpoints: section <c>Kpl:Http</c>.</summary>
public sealed class KplHttpOptions
{
    private const string UsualStream = "events";

    /// <summary>The address to listen on. Default <c>127.0.0.1</c>.</summary>
    public string Address { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>The port to listen on; 0 takes a free port. Default 8080; 0 to 65,535.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>The stream of <c>/events</c> and <c>/events/confirmed</c>, a name or an ARN. Default <c>events</c>.</summary>
    public string DefaultStream { get; set; } = UsualStream;

    /// <summary>
    /// The streams that HTTP accepts records for, beside <see cref="DefaultStream"/>: names, ARNs, or beginnings that end in <c>*</c>. Others are
    /// answered with 403, and cost nothing. Default empty: every stream.
    /// </summary>
    public IReadOnlyList<string> Streams { get; set; } = [];

    /// <summary>
    /// The host names that requests may be for, beside addresses, <c>localhost</c>, the machine's name, names without a dot, and names that end in
    /// <c>.localhost</c>, <c>.svc</c> or <c>.cluster.local</c>. A name that begins with <c>*.</c> stands for all below it. Requests for other hosts are
    /// answered with 403: a browser may have been led here (DNS rebinding). <c>*</c> alone takes every name. Default empty.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>
    /// The maximum size of one request's body in bytes; a larger one is answered with 413. A body stays in memory until its records
    /// are accepted. Default 16,777,216; 1,024 to 1,073,741,824.
    /// </summary>
    public long MaxBodyBytes { get; set; } = 16 << 20;

    /// <summary>
    /// The most bytes of all request bodies in memory together; a request beyond is answered with 429. Default 0: as much as
    /// <see cref="StreamOptions.MaxOutstandingBytes"/> of the process. 0 to 1,099,511,627,776.
    /// </summary>
    public long MaxBodyMemory { get; set; }

    /// <summary>How long the body of one request may take; a slower one is answered with 408. Default 30 s; 1 s to 1 h.</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The maximum number of records in one request; more are answered with 413. Default 10,000; 1 to 10,000,000.</summary>
    public int MaxRecords { get; set; } = 10_000;

    /// <summary>
    /// How long a request may wait for memory before its records are accepted; then it is answered with 429, and nothing of it was taken. Until
    /// then a client that hangs up cancels its records. Default 5 s; 0 to 1 h.
    /// </summary>
    public TimeSpan AcceptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The maximum number of connections, and of requests under way; connections beyond are closed at once, and requests reset. Default 10,000; 1 to 1,000,000.
    /// </summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>
    /// The maximum number of connections from one remote address, or from one IPv6 network of 64 bits; more are closed at once, before TLS. As many
    /// requests may be under way, and a tenth of the connections may be of HTTP/2. Loopback and <see cref="TrustedProxies"/> are not limited. Default 0: a
    /// tenth of <see cref="MaxConnections"/>, but at least 100. 0 to 1,000,000.
    /// </summary>
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>
    /// The proxies and load balancers that clients come through: addresses, or networks such as <c>10.0.0.0/8</c>. Many clients share their addresses, so
    /// nothing is limited by these, and a credential counts for its own request only, not for the next one on the same connection. Default empty.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; set; } = [];

    /// <summary>
    /// A port for <c>/health/live</c> and <c>/health/ready</c> alone, at <see cref="Address"/>, without TLS: other connections cannot fill it. 0 takes a
    /// free port. Default -1: none. They are answered at <see cref="Port"/> too. -1 to 65,535.
    /// </summary>
    public int HealthPort { get; set; } = -1;

    /// <summary>The value of <c>Retry-After</c> of 429, and of 503 while draining. Default 1 s; 1 s to 1 h.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a silo or a local tier that was asked to stop still takes records while <c>/health/ready</c> says that it is leaving, so that load
    /// balancers find out before anything is refused. Each answer then closes its connection. Default 0; 0 to 10 min.
    /// </summary>
    public TimeSpan DrainDelay { get; set; }

    /// <summary>The loopback address of <c>/admin</c> if <see cref="AdminPort"/> is set. Default <c>127.0.0.1</c>.</summary>
    public string AdminAddress { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>
    /// A port of its own for <c>/admin</c>, with the dashboard and health; no other port serves <c>/admin</c> then. 0 takes a free port. Default -1: none.
    /// <c>/admin</c> is then served at <see cref="Port"/>, and only if <see cref="Address"/> is a loopback address. -1 to 65,535.
    /// </summary>
    public int AdminPort { get; set; } = -1;

    /// <summary>
    /// The file of identities, their rights and their keys. Default null: on loopback every caller is accepted, elsewhere the process does not start
    /// without <see cref="AllowAnonymous"/>.
    /// </summary>
    public string? Identities { get; set; }

    /// <summary>
    /// The file of prices for what the dashboard and <c>GET /admin/streams/{stream}/cost</c> say that a stream costs. Default null: those that come with
    /// the library.
    /// </summary>
    public string? Prices { get; set; }

    /// <summary>
    /// The PEM file of the certificate that HTTP presents, and of its intermediate certificates; HTTP is then HTTPS, but for <see cref="HealthPort"/>.
    /// The file is read again when it changes. Default null: HTTP has no TLS.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>The PEM file of the certificate's private key, without a password. Default null: the key is in <see cref="CertificateFile"/>.</summary>
    public string? CertificateKeyFile { get; set; }

    /// <summary>
    /// The PEM file of the roots that sign clients: with it, a client may authenticate by a certificate, and <see cref="Identities"/> says which identity
    /// its names belong to. Default null: no client is asked for one.
    /// </summary>
    public string? ClientCaCertFile { get; set; }

    /// <summary>Whether everybody may use an address beyond loopback without <see cref="Identities"/>. Default false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// Whether keys and tokens may come over plain HTTP from beyond loopback, because TLS ends at a proxy in front; not needed with
    /// <see cref="CertificateFile"/>. Default false.
    /// </summary>
    public bool AllowPlaintext { get; set; }

    /// <summary>Whether everybody may read <c>/metrics</c>, without a key: Prometheus often has none. Default false.</summary>
    public bool OpenMetrics { get; set; }

    /// <summary>The streams that the process itself creates or was started for: one that is missing may be there in a moment.</summary>
    internal IReadOnlyCollection<string> OwnStreams { get; set; } = [];

    /// <summary>The streams that the settings name, without beginnings of names: nobody misspelt those in a request.</summary>
    internal IEnumerable<string> NamedStreams => Streams.Where(static s => !s.EndsWith('*')).Concat(OwnStreams)
        .Concat(DefaultStream == UsualStream ? [] : [DefaultStream]);

    /// <summary>Whether the endpoints are for this machine only.</summary>
    internal bool IsLoopback => IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address);

    /// <summary>The number of connections that <see cref="MaxConnectionsPerAddress"/> comes to.</summary>
    internal int ConnectionsPerAddress => MaxConnectionsPerAddress > 0 ? MaxConnectionsPerAddress : Math.Max(100, MaxConnections / 10);

    /// <summary>The files of TLS; null where HTTP is plain.</summary>
    internal TlsFiles? Tls => CertificateFile is not { } certificate ? null : new TlsFiles
    {
        Section = "Kpl:Http", CertificateFile = certificate, CertificateKeyFile = CertificateKeyFile, ClientCaCertFile = ClientCaCertFile,
    };

    /// <summary>Takes what is not set here from the process' own settings.</summary>
    internal void CompleteFrom(KplOptions kpl)
    {
        OwnStreams = [.. OwnStreams, .. kpl.ConfiguredStreams];
        if (MaxBodyMemory == 0)
            MaxBodyMemory = kpl.MaxOutstandingBytes;
    }
}
