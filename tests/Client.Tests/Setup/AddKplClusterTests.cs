using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Kpl.Clustering.Sockets;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Client.Tests.Setup;

public sealed class AddKplClusterTests
{
    [Fact]
    public void AddKplCluster_WithErrorsInEverySection_TellsAllOfThem()
    {
        var error = Assert.Throws<KplOptionsException>(() => new ServiceCollection().AddKplCluster(Section(
            ("Kpl:RecordTtl", "soon"), ("Kpl:Cluster:GatewayPort", "70000"), ("Kpl:Cluster:Member", "localhost"), ("Kpl:DynamoDb:TablePrefix", "a b"))));

        Assert.Equal(4, error.Errors.Count);
        Assert.Contains(error.Errors, e => e.Contains("Kpl:RecordTtl", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("Kpl:Cluster:GatewayPort", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("the nearest is Kpl:Cluster:Membership", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("Kpl:DynamoDb:TablePrefix", StringComparison.Ordinal));
    }

    [Fact]
    public void AddKplCluster_RegistersTheProducerOnce()
    {
        var services = new ServiceCollection().AddKplCluster(Section(("Kpl:Cluster:Id", "mine"), ("Kpl:RecordTtl", "5s")));
        services.AddKplCluster(static _ => { }, static cluster => cluster.Id = "mine");

        Assert.Single(services, s => s.ServiceType == typeof(IKplProducer));
        Assert.Single(services, s => s.ServiceType == typeof(KplClusterProducer));
        Assert.Single(services, s => s.ServiceType == typeof(IStreamAdmin));
        Assert.Single(services, s => s.ServiceType == typeof(IBacklogAdmin));
    }

    /// <summary>Orleans does not say under which key it looks for its transport.</summary>
    [Fact]
    public async Task AddKplCluster_ClosesConnectionsWhoseDataStaysUnacknowledged()
    {
        var services = new ServiceCollection().AddKplCluster(static _ => { });
        var keys = services.Where(static s => s.IsKeyedService && s.ServiceType == typeof(IConnectionFactory)).Select(static s => s.ServiceKey);
        var key = Assert.Single(keys.Distinct());
        await using var provider = services.BuildServiceProvider();
        Assert.IsType<SocketTransport>(provider.GetRequiredKeyedService<IConnectionFactory>(key));
    }

    [Fact]
    public async Task AddKplCluster_WithSectionAndCode_AppliesBothInOrder()
    {
        var services = new ServiceCollection().AddKplCluster(
            Section(("Kpl:RecordTtl", "5s"), ("Kpl:MaxAttempts", "3"), ("Kpl:Http:Port", "1"), ("Kpl:Cluster:Id", "mine"), ("Kpl:Cluster:ServiceId", "ours")),
            o => o.MaxAttempts = 4,
            c => c.Id = "theirs");
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<KplOptions>>().Value;
        Assert.Equal((TimeSpan.FromSeconds(5), 4), (options.RecordTtl, options.MaxAttempts));
        var cluster = provider.GetRequiredService<IOptions<ClusterOptions>>().Value;
        Assert.Equal(("theirs", "ours"), (cluster.ClusterId, cluster.ServiceId));
    }

    [Fact]
    public void AddKplCluster_WithCodeThatCannotWork_TellsOfBoth()
    {
        var error = Assert.Throws<KplOptionsException>(() => new ServiceCollection().AddKplCluster(
            Section(("Kpl:RecordTtl", "soon")), static _ => { }, static c => c.GatewayPort = 70_000));
        Assert.Equal(2, error.Errors.Count);
        Assert.Throws<KplOptionsException>(() => new ServiceCollection().AddKplCluster(static _ => { }, static c => c.GatewayPort = 70_000));
    }

    /// <summary>They were dropped: what a program set for its own producer and a client of a cluster does not use had no effect, silently.</summary>
    [Fact]
    public async Task AddKplCluster_WithSettingsThatHaveNoEffect_TellsThemOnce()
    {
        var log = new CapturedLog();
        var services = new ServiceCollection().AddSingleton<ILoggerFactory>(log).AddKplCluster(Section(
            ("Kpl:Backlog:Directory", "/var/lib/kpl"), ("Kpl:LogLevel", "debug"), ("Kpl:Cluster:AdminKeyFile", "/etc/key"), ("Kpl:Metrics:Sinks", "InMemory")));
        await using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IKplProducer>();

        string[] told =
            [
                "Kpl:Backlog:Directory has no effect in a client of a cluster", "Kpl:LogLevel is accepted and has no effect",
                "Kpl:Cluster:AdminKeyFile has no effect without Kpl:Cluster:CertificateFile", "Kpl:Metrics:Sinks is 'InMemory', and nothing collects",
            ];
        Assert.All(told, part => Assert.Single(log.Texts, l => l.StartsWith($"Settings: {part}", StringComparison.Ordinal)));
        Assert.Equal(told.Length, log.Texts.Count(static l => l.StartsWith("Settings: ", StringComparison.Ordinal)));
    }

    /// <summary>The first one won silently: records went past the tier, and its limits held for nobody.</summary>
    [Fact]
    public async Task AddKplCluster_BesideAddKpl_TellsThatOneProducerIsUsed()
    {
        var log = new CapturedLog();
        var section = Section(("Kpl:Kinesis:EndpointUrl", "http://127.0.0.1:1/"));
        var services = new ServiceCollection().AddSingleton<ILoggerFactory>(log).AddKpl(section).AddKplCluster(section);
        await using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<KplClusterProducer>();

        Assert.Single(log.Texts, static l => l.StartsWith("Settings: AddKpl and AddKplCluster were both called", StringComparison.Ordinal));
    }

    /// <summary>A program that moves to a tier, or back, changes one line and keeps its settings.</summary>
    [Fact]
    public async Task AddKpl_WithTheSettingsOfACluster_TakesThem()
    {
        var services = new ServiceCollection().AddKpl(Section(
            ("Kpl:Cluster:GatewayPort", "30000"), ("Kpl:DynamoDb:TablePrefix", "kpl-"), ("Kpl:Http:Port", "1"),
            ("Kpl:Kinesis:EndpointUrl", "http://127.0.0.1:1/")));
        await using var provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<IKplProducer>());
    }

    /// <summary>Only <c>AddKpl</c> watched them: a producer that a program created itself was healthy while no silo could be reached.</summary>
    [Fact]
    public async Task Create_OverAClientOfUseKplCluster_IsDegradedWhileNoSiloIsReached()
    {
        var services = new ServiceCollection().AddLogging().AddOrleansClient(static client => client.UseKplCluster(static _ => { }));
        await using var provider = services.BuildServiceProvider();
        await using var producer = KplClusterProducer.Create(provider.GetRequiredService<IClusterClient>(), new KplOptions());
        var observers = provider.GetServices<IClusterConnectionStatusObserver>().ToList();

        observers.ForEach(static o => o.NotifyGatewayCountChanged(0, 1, connectionRecovered: false));
        Assert.Equal(RecordErrorCodes.ConnectionFailed, producer.Health.DegradedCode);
        observers.ForEach(static o => o.NotifyGatewayCountChanged(1, 0, connectionRecovered: true));
        Assert.Null(producer.Health.DegradedCode);
    }

    /// <summary>Only <c>AddKpl</c> ended the search: Orleans' lines stayed out of the log for ever, and nobody told the warnings.</summary>
    [Fact]
    public async Task UseKplCluster_WithoutAddKpl_LetsOrleansSpeakOnceItIsConnected_AndTellsWarnings()
    {
        var log = new CapturedLog();
        var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(log))
            .AddOrleansClient(static client => client.UseKplCluster(static cluster => cluster.AdminKeyFile = "/etc/key"));
        await using var provider = services.BuildServiceProvider();
        var orleans = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Messaging.GatewayManager");
        Assert.False(orleans.IsEnabled(LogLevel.Warning));
        var lifecycle = new ConnectedClient();
        foreach (var participant in provider.GetServices<ILifecycleParticipant<IClusterClientLifecycle>>())
        {
            if (participant.GetType().Namespace!.StartsWith("Orleans.Kpl", StringComparison.Ordinal))
                participant.Participate(lifecycle);
        }

        foreach (var observer in lifecycle.Observers)
            await observer.OnStart(TestContext.Current.CancellationToken);

        Assert.True(orleans.IsEnabled(LogLevel.Warning));
        Assert.Single(log.Texts, static l => l.StartsWith("Settings: Kpl:Cluster:AdminKeyFile has no effect", StringComparison.Ordinal));
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>(s.Key, s.Value))).Build().GetSection("Kpl");

    private sealed class ConnectedClient : IClusterClientLifecycle
    {
        public List<ILifecycleObserver> Observers { get; } = [];

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observers.Add(observer);
            return new MemoryStream();
        }
    }
}
