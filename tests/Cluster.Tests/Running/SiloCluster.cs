namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>Silos of one cluster, each a process, over one Kinesis endpoint and tables of their own.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    /// <summary>
    /// Longer than a slow machine takes for what a record or a silo that leaves waits for: the defaults of 30 s are not what these tests are about.
    /// </summary>
    private static readonly string[] Patience = ["--Kpl:RecordTtl=2m", "--Kpl:DrainTimeout=2m", "--Kpl:StopTimeout=10m"];

    private readonly List<SiloProcess> _silos = [];
    private readonly IReadOnlyList<string> _settings;

    private SiloCluster(KinesisProcess kinesis, Uri dynamoDb, IEnumerable<string> settings)
    {
        Kinesis = kinesis;
        Options.DynamoDb.ServiceUrl = dynamoDb;
        List<string> own = [.. settings];
        _settings =
        [
            .. Patience.Where(p => !own.Exists(s => s.StartsWith(p[..(p.IndexOf('=', StringComparison.Ordinal) + 1)], StringComparison.Ordinal))),
            "--Kpl:Cluster:Membership=dynamodb", $"--Kpl:Cluster:Id={Options.Id}", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1",
            $"--Kpl:DynamoDb:ServiceUrl={dynamoDb}", $"--Kpl:DynamoDb:TablePrefix={Options.DynamoDb.TablePrefix}", $"--Kpl:Kinesis:EndpointUrl={kinesis.Url}",
            ShardLog.Setting, .. own,
        ];
    }

    public KinesisProcess Kinesis { get; }

    /// <summary>What a client needs to find this cluster.</summary>
    public KplClusterOptions Options { get; } = MakeOptions();

    /// <summary>Silos that were started, those that ended among them.</summary>
    public IReadOnlyList<SiloProcess> Silos => _silos;

    /// <summary>Makes a cluster without silos; skips the test where DynamoDB Local cannot run.</summary>
    /// <param name="limitModel">How the Kinesis endpoint counts.</param>
    /// <param name="streams">Its streams, as <c>NAME=SHARDS</c>.</param>
    /// <param name="settings">Settings of every silo, as <c>--Kpl:NAME=VALUE</c>.</param>
    public static async Task<SiloCluster> CreateAsync(DynamoDbLocal dynamoDb, string limitModel, string[] streams, params IEnumerable<string> settings) =>
        await CreateAsync(await dynamoDb.UrlAsync(), limitModel, streams, settings);

    /// <summary>Makes a cluster without silos, over an endpoint of DynamoDB.</summary>
    public static async Task<SiloCluster> CreateAsync(Uri dynamoDb, string limitModel, string[] streams, params IEnumerable<string> settings) =>
        new(await KinesisProcess.StartAsync(limitModel, streams), dynamoDb, settings);

    /// <summary>Starts a silo on free ports and waits until it is ready. Its own settings win over the cluster's.</summary>
    public async Task<SiloProcess> StartSiloAsync(params IEnumerable<string> settings)
    {
        List<string> own = [.. settings];
        var others = _settings.Where(s => !own.Exists(o => o.StartsWith(s[..(s.IndexOf('=', StringComparison.Ordinal) + 1)], StringComparison.Ordinal)));
        var silo = await SiloProcess.StartReadyAsync([.. others, .. own]);
        lock (_silos)
            _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts a silo on free ports, with another value of one of the cluster's settings. It need not become ready.</summary>
    public SiloProcess BeginWith(string name, string value)
    {
        var others = _settings.Where(s => !s.StartsWith($"--{name}=", StringComparison.Ordinal));
        var silo = SiloProcess.Start(["--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", .. others, $"--{name}={value}"]);
        lock (_silos)
            _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts silos at the same time. Each of them knows of the others then: a shard is nowhere else first.</summary>
    public async Task<IReadOnlyList<SiloProcess>> StartSilosAsync(int count)
    {
        var silos = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartSiloAsync()));
        await Task.WhenAll(silos.Select(silo => KnowsAsync(silo, count)));
        return silos;
    }

    /// <summary>Waits until the silo knows of so many, itself included.</summary>
    public async Task KnowsAsync(SiloProcess silo, int atLeast)
    {
        await using var connection = await ClusterConnection.OpenAsync(Options, silo);
        await Waiting.UntilAsync(async () => await connection.CountOwnersAsync() >= atLeast, $"{atLeast} silos known at {silo.Silo}");
    }

    /// <summary>An Orleans client over all gateways.</summary>
    public Task<ClusterConnection> ConnectAsync() => ClusterConnection.OpenAsync(Options);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        await Kinesis.DisposeAsync();
    }

    private static KplClusterOptions MakeOptions()
    {
        var name = $"t{Guid.NewGuid():N}";
        return new KplClusterOptions { Membership = ClusterMembership.DynamoDb, Id = name, DynamoDb = { TablePrefix = name + "-" } };
    }
}
