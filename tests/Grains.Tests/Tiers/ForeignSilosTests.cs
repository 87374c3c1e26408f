using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.GrainDirectory;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Shards;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Silos of one's own: plain Orleans with its default directory, and <c>AddKpl</c>.</summary>
public sealed class ForeignSilosTests
{
    /// <summary>So many that each of three silos has some of them, and entries of those of the others.</summary>
    private const int Shards = 60;

    /// <summary>With the default directory a silo that left had others deactivate the shards whose entries it had had.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task ASiloThatLeaves_AndOneThatIsKilled_TakeNoShardsOfOthersDown(OrderedMode mode)
    {
        var ends = new ShardEnds();
        await using var tier = await Tier.StartAsync(silos: 3, shards: Shards, o => o.Ordered = mode, also: ends.AddTo, isOfHost: false);
        var load = new TierLoad(tier.Front(0), 0);
        await load.EndedAsync(1_000);
        await ServedAsync(tier);

        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[2]);
        await ServedAsync(tier);
        await load.EndedAsync(500);
        await tier.Cluster.KillSiloAsync(tier.Cluster.Silos[1]);
        await ServedAsync(tier);
        await load.EndedAsync(500);
        await load.StopAsync();

        TierRecords.AssertVisible(tier.Server.Kinesis, Tier.Stream, load.Records, load.Results);
        Assert.All(load.Results.Where(static r => !r.IsSuccess), static r => Assert.Equal(RecordErrorCodes.OwnerLost, r.ErrorCode));
        Assert.NotEmpty(ends.Reasons);
        Assert.DoesNotContain(nameof(DeactivationReasonCode.DirectoryFailure), ends.Reasons);
    }

    /// <summary>The executable refuses to start so. A program may have TLS of its own, and says it.</summary>
    [Theory]
    [InlineData("10.0.0.1", false, true)]
    [InlineData("10.0.0.1", true, false)]
    [InlineData("127.0.0.1", false, false)]
    public async Task Start_WhereOthersReachASiloWithoutTls_Warns(string address, bool isAllowed, bool isTold)
    {
        var log = new CapturedLog();
        await using var silo = StagedLifecycle.Build(
            builder => builder.Configure<EndpointOptions>(o => o.AdvertisedIPAddress = IPAddress.Parse(address))
                .ConfigureServices(services => services.AddSingleton<ILoggerProvider>(log)),
            cluster: o => o.AllowPlaintext = isAllowed);
        await StagedLifecycle.Of<ExposureLifecycle>(silo).StartAsync();

        Assert.Equal(isTold, log.Texts.Any(static l => l.StartsWith("Others reach the silo's ports at 10.0.0.1, ", StringComparison.Ordinal)));
    }

    /// <summary>They were dropped. The collector of metrics looked for the silo's settings where there were none.</summary>
    [Fact]
    public async Task Start_WithSettingsThatHaveNoEffect_TellsThem_AndACollectorFindsItsOwn()
    {
        var log = new CapturedLog();
        await using var silo = StagedLifecycle.Build(
            builder => builder.ConfigureServices(services => services.AddSingleton<ILoggerProvider>(log)),
            cluster: static o => o.AdminKeyFile = "/etc/key",
            kpl: static o => o.Metrics.Sinks = ["CloudWatch"]);
        await StagedLifecycle.Of<SettingsNotice>(silo).StartAsync();

        Assert.Equal(
            [
                "Settings: Kpl:Cluster:AdminKeyFile has no effect without Kpl:Cluster:CertificateFile",
                "Settings: Kpl:Metrics:Sinks is 'CloudWatch', and nothing collects: add package Orleans.Kpl.Metrics and call AddKplMetrics()",
            ],
            log.Texts.Where(static l => l.StartsWith("Settings: ", StringComparison.Ordinal)));
        Assert.Equal(["CloudWatch"], silo.GetRequiredService<IOptions<KplOptions>>().Value.Metrics.Sinks);
    }

    /// <summary>It is known when the silo is built, and was told by an exception of no public type, unlike Kinesis' settings and a client's.</summary>
    [Fact]
    public async Task Start_WithAProfileForDynamoDbThatIsNotThere_IsAWrongSetting()
    {
        await using var silo = StagedLifecycle.Build(
            cluster: static o => (o.Membership, o.DynamoDb.Profile) = (ClusterMembership.DynamoDb, "no-such-profile"));
        foreach (var part in (Type[])[typeof(IStateStore), typeof(IWriterStores)])
        {
            var error = Assert.Throws<KplOptionsException>(() => silo.GetService(part));
            Assert.Equal(["Kpl:DynamoDb:Profile: AWS's shared files have no profile 'no-such-profile'."], error.Errors);
        }
    }

    /// <summary>
    /// Silos that find shards in two directories: each has an owner of its own. Only the one that has the epoch sends.
    /// </summary>
    [Fact]
    public async Task SilosOfTwoDirectories_UntilTheFormerOnesHaveLeft_KeepTheOrder()
    {
        await using var tier = await Tier.StartAsync(
            silos: 2, shards: 2, static o => o.Ordered = OrderedMode.PutRecords, also: FormerDirectory.AddTo, isOfHost: false);
        var (former, next) = (new OrderedTierLoad(tier.Front(0), "former-"), new OrderedTierLoad(tier.Front(1), "next-"));
        await Task.WhenAll(former.EndedAsync(3), next.EndedAsync(3));
        await former.StopAsync();
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[0]);
        await next.EndedAsync(20);
        await next.StopAsync();

        former.AssertInOrder(tier.Server.Kinesis);
        next.AssertInOrder(tier.Server.Kinesis);
    }

    /// <summary>Orleans takes its distributed directory under one name only. Other grains keep the directory that the program gave them.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("before")]
    [InlineData("after")]
    public async Task Directory_OfASilo_IsOne_WhateverElseUsesIt(string? other)
    {
#pragma warning disable ORLEANSEXP003
        static void Add(ISiloBuilder silo) => silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        await using var silo = StagedLifecycle.Build(other == "before" ? Add : null, after: other == "after" ? Add : null);
        var own = silo.GetRequiredKeyedService<IGrainDirectory>(TierDirectory.Name);
        var usual = silo.GetKeyedService<IGrainDirectory>(GrainDirectoryAttribute.DEFAULT_GRAIN_DIRECTORY);

        Assert.Equal(other is not null, ReferenceEquals(own, usual));
        Assert.IsType<ILifecycleParticipant<ISiloLifecycle>>(own, exactMatch: false);
        Assert.Equal("DistributedGrainDirectory", own.GetType().Name);
        Assert.Equal(2, StagedLifecycle.Of<object>(silo).Names.Count(static n => n == "DistributedGrainDirectory"));
    }

    /// <summary>Grains that are one in the cluster are found in the tier's directory: who adds one thinks of it.</summary>
    [Fact]
    public void Directory_HasEachGrainOfWhichThereIsOne()
    {
        using var services = new ServiceCollection()
            .AddKeyedSingleton(TierDirectory.Name, static (_, _) => DispatchProxy.Create<IGrainDirectory, NoDirectory>()).BuildServiceProvider();
        var directory = new TierDirectory(services);
        var grains = typeof(TierDirectory).Assembly.GetTypes().Where(static t => t.IsAssignableTo(typeof(Grain)) && !t.IsAbstract).ToList();

        Assert.Equal(5, grains.Count);
        foreach (var grain in grains)
        {
            var name = grain.CustomAttributes.Single(static a => a.AttributeType == typeof(GrainTypeAttribute)).ConstructorArguments[0].Value!;
            var type = GrainType.Create((string)name);
            var isOne = !grain.IsDefined(typeof(StatelessWorkerAttribute), inherit: false);
            Assert.True(isOne == directory.TryResolveGrainDirectory(type, null, out _), grain.Name);
        }

        Assert.False(directory.TryResolveGrainDirectory(GrainType.Create("somebody's"), null, out _));
    }

    private static Task ServedAsync(Tier tier) => Waiting.UntilAsync(() => tier.HostedShards().Sum() == Shards);

    /// <summary>Has the first silo of a cluster find all grains in Orleans' default directory, as before there was another one.</summary>
    private sealed class FormerDirectory(ILocalSiloDetails silo) : IGrainDirectoryResolver
    {
        public static void AddTo(ISiloBuilder silo) =>
            silo.ConfigureServices(static services => services.Insert(0, ServiceDescriptor.Singleton<IGrainDirectoryResolver, FormerDirectory>()));

        /// <remarks>Orleans knows its default directory by there being none.</remarks>
        public bool TryResolveGrainDirectory(GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
        {
            grainDirectory = null!;
            return silo.Name.EndsWith('0');
        }
    }

    /// <summary>Why shards were closed, as silos write it.</summary>
    private sealed class ShardEnds
    {
        private readonly CapturedLog _log = new();

        public IReadOnlyList<string> Reasons =>
            [.. _log.Texts.Select(static l => l.Split(" is served here no more: ")).Where(static p => p.Length == 2).Select(static p => p[1])];

        public void AddTo(ISiloBuilder silo) => silo.ConfigureServices(services => services.AddSingleton<ILoggerProvider>(_log)
            .Configure<LoggerFilterOptions>(static o => o.Rules.Add(new LoggerFilterRule(null, typeof(HostedShard).FullName, LogLevel.Debug, null))));
    }

    /// <summary>A directory that nobody asks.</summary>
    public class NoDirectory : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException();
    }
}
