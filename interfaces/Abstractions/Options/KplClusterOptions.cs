using Orleans.Kpl.Certificates;

namespace Orleans.Kpl;

/// <summary>The cluster that a silo or a client belongs to, and how to reach it: section <c>Kpl:Cluster</c>, with <c>Kpl:DynamoDb</c>.</summary>
public sealed class KplClusterOptions
{
    /// <summary>How silos find each other. Default <see cref="ClusterMembership.Localhost"/>.</summary>
    public ClusterMembership Membership { get; set; }

    /// <summary>
    /// The cluster id: silos and clients with the same id find each other. Default <c>kpl</c>; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, 1 to 100.
    /// </summary>
    public string Id { get; set; } = "kpl";

    /// <summary>
    /// The service id, which outlives a cluster: stored data belongs to the service. Default <c>kpl</c>; allowed text as for <see cref="Id"/>.
    /// </summary>
    public string ServiceId { get; set; } = "kpl";

    /// <summary>The port at which the other silos reach this one; 0 takes a free port. Default 11,111; 0 to 65,535.</summary>
    public int SiloPort { get; set; } = 11_111;

    /// <summary>
    /// The port at which clients reach this silo; 0 takes a free port. With <see cref="ClusterMembership.Localhost"/> a client connects to this
    /// port. Default 30,000; 0 to 65,535.
    /// </summary>
    public int GatewayPort { get; set; } = 30_000;

    /// <summary>
    /// The address at which other processes reach this silo, and on which it listens: an IP address of this machine, or a name for
    /// one. Default null: 127.0.0.1 with <see cref="ClusterMembership.Localhost"/>, else the machine's own, on a network with a gateway if
    /// there is one.
    /// </summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>
    /// The PEM file of the certificate that this silo or client presents, and of its intermediate certificates. With it, silo and gateway ports speak
    /// mutual TLS only. The file is read again when it changes, as are the others of this section. Default null: no TLS.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>The PEM file of the certificate's private key, without a password. Default null: the key is in <see cref="CertificateFile"/>.</summary>
    public string? CertificateKeyFile { get; set; }

    /// <summary>
    /// The PEM file of the roots that sign silos, and nothing else: whoever has a certificate that they signed counts as a silo. Default null; needed with
    /// <see cref="CertificateFile"/>.
    /// </summary>
    public string? SiloCaCertFile { get; set; }

    /// <summary>
    /// The PEM file of the roots that sign clients: a silo's gateway accepts no others. None of them may be in <see cref="SiloCaCertFile"/>. Clients do not
    /// need it. Default null: with <see cref="CertificateFile"/>, the gateway accepts nobody.
    /// </summary>
    public string? ClientCaCertFile { get; set; }

    /// <summary>
    /// The names of silos: the certificate of each must have one of them, as a host name or URI among its subject alternative names. <c>*.example.com</c>
    /// and <c>spiffe://example.com/ns/kpl/*</c> stand for all names that end or begin so. Silos and clients check silos against them. Default empty:
    /// whoever has a certificate that the roots of <see cref="SiloCaCertFile"/> signed counts as a silo.
    /// </summary>
    public IReadOnlyList<string> SiloNames { get; set; } = [];

    /// <summary>
    /// The names of clients, written as <see cref="SiloNames"/> are: a silo's gateway accepts only a certificate that has one of them. A client that it
    /// accepts may put into every stream. Default empty: whoever has a certificate that the roots of <see cref="ClientCaCertFile"/> signed is accepted.
    /// </summary>
    public IReadOnlyList<string> ClientNames { get; set; } = [];

    /// <summary>
    /// The file of the keys that administering clients sign their calls with: one or two lines, each of 32 random bytes in base64. The first signs;
    /// signatures of both are accepted. Silos have it too. Default null: on silos with <see cref="CertificateFile"/>, no client may call
    /// <c>IStreamManager</c>.
    /// </summary>
    public string? AdminKeyFile { get; set; }

    /// <summary>
    /// Whether a silo may listen beyond loopback without <see cref="CertificateFile"/>: whoever reaches its ports may then do everything. Default false.
    /// </summary>
    public bool AllowPlaintext { get; set; }

    /// <summary>
    /// The Orleans stream provider for hints of failed records (namespace <c>kpl-failures</c>): a silo without a provider of that name does not start.
    /// Default null: no hints.
    /// </summary>
    public string? FailureStreamProvider { get; set; }

    /// <summary>The files of TLS; null where there is none.</summary>
    internal TlsFiles? Tls => FilesOf(isSilo: false);

    /// <summary>The files of a silo's TLS; null where there is none.</summary>
    internal TlsFiles? SiloTls => FilesOf(isSilo: true);

    /// <summary>How DynamoDB is reached; used with <see cref="ClusterMembership.DynamoDb"/>.</summary>
    public KplDynamoDbOptions DynamoDb { get; init; } = new();

    private TlsFiles? FilesOf(bool isSilo) => CertificateFile is not { } certificate ? null : new TlsFiles
    {
        Section = "Kpl:Cluster", CertificateFile = certificate, CertificateKeyFile = CertificateKeyFile, IsOfSilo = isSilo,
        SiloCaCertFile = SiloCaCertFile, ClientCaCertFile = ClientCaCertFile, SiloNames = SiloNames, ClientNames = ClientNames,
    };
}

/// <summary>How the silos of a cluster find each other.</summary>
public enum ClusterMembership
{
    /// <summary>One silo, which keeps the list of members in memory. Setting <c>localhost</c>.</summary>
    Localhost = 0,

    /// <summary>Any number of silos, whose list is a DynamoDB table. Setting <c>dynamodb</c>.</summary>
    DynamoDb,
}

/// <summary>How DynamoDB is reached, and the names of the tables: section <c>Kpl:DynamoDb</c>.</summary>
public sealed class KplDynamoDbOptions
{
    /// <summary>An endpoint instead of AWS's own, such as <c>http://127.0.0.1:8000</c> for DynamoDB Local. Default null.</summary>
    public Uri? ServiceUrl { get; set; }

    /// <summary>The prefix of all table names. Default <c>kpl-</c>; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 200.</summary>
    public string TablePrefix { get; set; } = "kpl-";

    /// <summary>
    /// Whether a silo creates the tables that are missing. False: a silo without one of its tables does not start, and says which is missing; so a
    /// mistyped prefix founds no second cluster. Default true.
    /// </summary>
    public bool CreateTables { get; set; } = true;

    /// <summary>The region. Default null: AWS's chain; if that is empty, <c>us-east-1</c> for a loopback endpoint.</summary>
    public string? Region { get; set; }

    /// <summary>An access key. Default null: AWS's chain.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret access key for <see cref="AccessKeyId"/>.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>The session token of temporary credentials. Default null.</summary>
    public string? SessionToken { get; set; }

    /// <summary>A profile in AWS's shared files. Default null: AWS's chain.</summary>
    public string? Profile { get; set; }

    /// <summary>The table of the cluster's members: the prefix and <c>silos</c>.</summary>
    public string SilosTable => TablePrefix + "silos";

    /// <summary>The table of other state that silos share: the prefix and <c>state</c>.</summary>
    public string StateTable => TablePrefix + "state";

    /// <summary>The table of the durable backlog: the prefix and <c>backlog</c>.</summary>
    public string BacklogTable => TablePrefix + "backlog";
}
