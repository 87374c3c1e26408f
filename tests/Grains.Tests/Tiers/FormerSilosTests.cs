using System.Collections.Immutable;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.GrainDirectory;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>A cluster that rolls from silos which find shards in Orleans' default directory: no shard has two owners.</summary>
public sealed class FormerSilosTests(ITestOutputHelper output)
{
    private const int Shards = 12;

    private static readonly SiloAddress Own = Address(1);
    private static readonly SiloAddress Other = Address(2);

    /// <summary>Each of the two takes more than a minute.</summary>
    [Theory]
    [Trait("Category", "Long")]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task ASilo_BesideFormerOnes_DoesNotStart_TheyGoOn_AndNoShardHasTwoOwners(OrderedMode mode)
    {
        var (watch, isFormer) = (new OwnerWatch(), true);
        await using var tier = await Tier.StartAsync(silos: 2, shards: Shards, o => o.Ordered = mode, isOfHost: false, also: silo =>
        {
            watch.AddTo(silo);
            if (isFormer)
                MakeFormer(silo);
        });
        var load = new TierLoad(tier.Front(0), 0);
        await load.EndedAsync(500);
        await Waiting.UntilAsync(() => tier.HostedShards().Sum() == Shards);
        var since = OwnerWatch.Mark();

        isFormer = false;
        var error = await Assert.ThrowsAsync<KplOptionsException>(() => tier.Cluster.StartAdditionalSiloAsync().WaitAsync(Tier.Long));
        Assert.EndsWith("stop such silos before this one starts, on Kubernetes with strategy Recreate", error.Message, StringComparison.Ordinal);
        await load.EndedAsync(500);
        await load.StopAsync();
        tier.AssertVisible(load.Records, load.Results);

        foreach (var former in tier.Cluster.Silos.ToList())
            await tier.Cluster.StopSiloAsync(former);
        var next = await tier.Cluster.StartAdditionalSiloAsync().WaitAsync(Tier.Long);
        var after = new TierLoad(next.ServiceProvider.GetRequiredService<Silos.SiloNode>().Producer, 1_000_000);
        await after.EndedAsync(500);
        await after.StopAsync();
        tier.AssertVisible([.. load.Records, .. after.Records], [.. load.Results, .. after.Results]);
        Assert.Equal(1, watch.MostOwners(since));
    }

    /// <summary>What the tier's directory is for: with Orleans' default one a silo that leaves takes shards of other silos down.</summary>
    [Fact]
    public async Task AFormerSilo_ThatLeaves_TakesShardsOfOthersDown()
    {
        const int Many = 60;
        var ends = new ForeignSilosTests.ShardEnds();
        await using var tier = await Tier.StartAsync(silos: 3, shards: Many, isOfHost: false, also: silo =>
        {
            ends.AddTo(silo);
            MakeFormer(silo);
        });
        var load = new TierLoad(tier.Front(0), 0);
        await load.EndedAsync(1_000);
        await Waiting.UntilAsync(() => tier.HostedShards().Sum() == Many);
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[2]);
        await Waiting.UntilAsync(() => tier.HostedShards().Sum() == Many);
        await load.StopAsync();

        output.WriteLine($"{ends.Reasons.Count(static r => r == nameof(DeactivationReasonCode.DirectoryFailure))} of {Many} shards");
        Assert.Contains(nameof(DeactivationReasonCode.DirectoryFailure), ends.Reasons);
    }

    /// <summary>Silos of silo/Host have had one directory from the first: a version that does not tell of it rolls on.</summary>
    [Fact]
    public async Task ASilo_WhoseUsualDirectoryIsTheTiers_StartsBesideFormerOnes()
    {
        var isFormer = true;
        await using var tier = await Tier.StartAsync(silos: 1, shards: Shards, also: silo =>
        {
            if (isFormer)
                silo.Services.Remove(silo.Services.Single(
                    static d => d.ServiceType == typeof(IGrainPropertiesProvider) && d.ImplementationType == typeof(TierDirectory)));
        });
        isFormer = false;
        await tier.Cluster.StartAdditionalSiloAsync().WaitAsync(Tier.Long);
        var load = new TierLoad(tier.Front(0), 0);
        await load.EndedAsync(500);
        await load.StopAsync();
        tier.AssertVisible(load.Records, load.Results);
    }

    [Fact]
    public async Task Check_WaitsUntilEverySiloHasTold()
    {
        var silo = new Silo(SiloStatus.Active);
        var starting = silo.Starts.StartAsync(ServiceLifecycleStage.ValidateInitialConnectivity);
        Assert.False(starting.IsCompleted);
        silo.Publish(isMarked: false);

        var error = await Assert.ThrowsAsync<KplOptionsException>(() => starting.WaitAsync(Tier.Long));
        Assert.StartsWith($"Silo {Other} finds shards in", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Each of two silos that join at the same moment sees the other one only when both are members.</summary>
    [Fact]
    public async Task Check_OfASiloThatJoinedAtTheSameMoment_FailsTheStartBeforeAnythingIsServed()
    {
        var silo = new Silo(SiloStatus.Joining);
        await silo.Starts.StartAsync(ServiceLifecycleStage.BecomeActive).WaitAsync(Tier.Long);
        silo.Members.Status = SiloStatus.Active;
        silo.Publish(isMarked: false);

        await Assert.ThrowsAsync<KplOptionsException>(() => silo.Starts.StartAsync(ServiceLifecycleStage.Active).WaitAsync(Tier.Long));
    }

    [Fact]
    public async Task Check_OfASiloThatDoesNotAnswer_GoesOnAfterTenSeconds_AndSaysSo()
    {
        var silo = new Silo(SiloStatus.Active);
        var starting = silo.Starts.StartAsync(ServiceLifecycleStage.ValidateInitialConnectivity);
        silo.Time.Advance(DirectoryCheck.Longest - TimeSpan.FromMilliseconds(1));
        Assert.False(starting.IsCompleted);
        silo.Time.Advance(TimeSpan.FromMilliseconds(1));
        await starting.WaitAsync(Tier.Long);

        Assert.Equal($"Silos {Other} have not told within 10 s in which directory they find shards: the start goes on", Assert.Single(silo.Log.Texts));
    }

    /// <summary>It brings no manifest any more: the start waited its ten seconds, twice, and the log named nobody.</summary>
    [Fact]
    public async Task Check_OfASiloThatIsDeclaredDeadBeforeItTold_GoesOnAtOnce()
    {
        var silo = new Silo(SiloStatus.Active);
        var starting = silo.Starts.StartAsync(ServiceLifecycleStage.ValidateInitialConnectivity);
        Assert.False(starting.IsCompleted);
        silo.Members.Publish(SiloStatus.Dead);

        await starting.WaitAsync(Tier.Long);
        Assert.Empty(silo.Log.Texts);
    }

    /// <summary>The stop awaited what told of such silos, and threw what the log had thrown.</summary>
    [Fact]
    public async Task Stop_AfterTheLogHasThrown_Ends()
    {
        var silo = new Silo(SiloStatus.Active);
        silo.Publish(isMarked: true);
        await silo.Starts.StartAsync(ServiceLifecycleStage.Active).WaitAsync(Tier.Long);
        silo.Log.Throws = true;
        silo.Publish(isMarked: false);
        await Waiting.UntilAsync(() => silo.Log.Thrown > 0);

        await silo.Starts.StopAsync().WaitAsync(Tier.Long);
    }

    [Fact]
    public async Task AFormerSilo_ThatJoinsLater_IsToldOfOnce()
    {
        var silo = new Silo(SiloStatus.Active);
        silo.Publish(isMarked: true);
        await silo.Starts.StartAsync(ServiceLifecycleStage.Active).WaitAsync(Tier.Long);
        Assert.Empty(silo.Log.Texts);
        silo.Publish(isMarked: false);
        await Waiting.UntilAsync(() => silo.Log.Texts.Count > 0);

        var (level, line) = Assert.Single(silo.Log.Lines);
        Assert.Equal(LogLevel.Error, level);
        Assert.StartsWith($"Silo {Other} has joined, which finds shards in", line, StringComparison.Ordinal);
    }

    /// <summary>Takes out of a silo what <c>AddKpl</c> adds for the tier's directory.</summary>
    private static void MakeFormer(ISiloBuilder silo)
    {
        var own = new Scratch(silo.Configuration);
        TierDirectory.Use(own);
        foreach (var part in own.Services)
            Assert.True(silo.Services.Remove(silo.Services.Last(d => IsSame(d, part))));

        static bool IsSame(ServiceDescriptor one, ServiceDescriptor other) =>
            one.ServiceType == other.ServiceType && Equals(one.ServiceKey, other.ServiceKey) && MadeBy(one) == MadeBy(other);

        static object? MadeBy(ServiceDescriptor part) => part.IsKeyedService
            ? part.KeyedImplementationType ?? part.KeyedImplementationFactory?.Method ?? (object?)part.KeyedImplementationInstance?.GetType()
            : part.ImplementationType ?? part.ImplementationFactory?.Method ?? (object?)part.ImplementationInstance?.GetType();
    }

    private static SiloAddress Address(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, number), number);

    private sealed class Scratch(IConfiguration configuration) : ISiloBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();

        public IConfiguration Configuration => configuration;
    }

    /// <summary>A silo that sees another one, in as much as the check needs it.</summary>
    private sealed class Silo : IClusterManifestProvider
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Silo(SiloStatus other)
        {
            Members.Status = other;
            var services = new ServiceCollection()
                .AddKeyedSingleton(TierDirectory.Name, static (_, _) => DispatchProxy.Create<IGrainDirectory, ForeignSilosTests.NoDirectory>())
                .BuildServiceProvider();
            var self = DispatchProxy.Create<ILocalSiloDetails, OwnDetails>();
            new DirectoryCheck(services, this, Members, self, Time, Log).Participate(Starts);
        }

        public StagedLifecycle Starts { get; } = new();

        public FakeMembers Members { get; } = new();

        public FakeTimeProvider Time { get; } = new();

        public CapturedLog Log { get; } = new();

        public ClusterManifest Current { get; private set; } = new(new MajorMinorVersion(0, 0), ImmutableDictionary<SiloAddress, GrainManifest>.Empty);

        public IAsyncEnumerable<ClusterManifest> Updates => ReadAsync(TestContext.Current.CancellationToken);

        public GrainManifest LocalGrainManifest => throw new NotSupportedException();

        /// <summary>The other silo's manifest has come.</summary>
        public void Publish(bool isMarked)
        {
            var properties = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);
            if (isMarked)
                properties = properties.Add(TierDirectory.Mark, TierDirectory.Name);
            var grains = ImmutableDictionary<GrainType, GrainProperties>.Empty.Add(GrainType.Create("kpl-shard"), new GrainProperties(properties));
            var manifest = new GrainManifest(grains, ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty);
            Current = new ClusterManifest(new MajorMinorVersion(0, Current.Version.Minor + 1), Current.Silos.SetItem(Other, manifest));
            Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }

        private async IAsyncEnumerable<ClusterManifest> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                var next = _next.Task;
                yield return Current;
                await next.WaitAsync(cancellationToken);
            }
        }
    }

    private sealed class FakeMembers : IClusterMembershipService
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SiloStatus Status { get; set; }

        /// <summary>The other silo's status is another one.</summary>
        public void Publish(SiloStatus status)
        {
            Status = status;
            Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }

        public ClusterMembershipSnapshot CurrentSnapshot => new(
            ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(Own, new ClusterMember(Own, SiloStatus.Active, "own"))
                .Add(Other, new ClusterMember(Other, Status, "other")), new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => ReadAsync(TestContext.Current.CancellationToken);

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

        private async IAsyncEnumerable<ClusterMembershipSnapshot> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                var next = _next.Task;
                yield return CurrentSnapshot;
                await next.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>The silo's own address, and nothing else.</summary>
    public class OwnDetails : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Own;
    }
}
