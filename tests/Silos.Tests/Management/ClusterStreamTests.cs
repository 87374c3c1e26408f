using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class ClusterStreamTests
{
    private readonly FakeMembership _membership = new();
    private readonly LiveSilos _silos;

    public ClusterStreamTests()
    {
        _membership.Set(FakeMembership.Silo(1), SiloStanding.Active);
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        _silos = new LiveSilos(_membership, TimeProvider.System);
        _silos.Start();
    }

    /// <summary>Its shards looked like shards without load, and a policy ended the splits that one of them needed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Loads_WhereASiloDoesNotAnswer_AreThoseOfTheOthers_AndNotWhole(bool answers)
    {
        var seen = await LoadsAsync(answers);

        Assert.Equal(answers, seen.IsWhole);
        Assert.Equal(answers ? 2 : 1, seen.Loads.Count);
    }

    /// <summary>Nobody asked it, and the loads passed for those of all shards.</summary>
    [Theory]
    [InlineData("Active", false)]
    [InlineData("Stopping", false)]
    [InlineData("Dead", true)]
    public async Task Loads_WhileASiloLeaves_AreNotWhole_UntilItIsGone(string standing, bool isWhole)
    {
        _silos.MarkLeaving(FakeMembership.Silo(2));
        _membership.Set(FakeMembership.Silo(2), Enum.Parse<SiloStanding>(standing));

        Assert.Equal(isWhole, (await LoadsAsync(answers: true)).IsWhole);
    }

    /// <summary>It sends until its shards have moved. Nobody told it, and what it held across the boundary was sent twice.</summary>
    [Theory]
    [InlineData("Active", true)]
    [InlineData("Dead", false)]
    public async Task Announce_WhileASiloLeaves_ReachesIt_UntilItIsGone(string standing, bool isTold)
    {
        _silos.MarkLeaving(FakeMembership.Silo(2));
        _membership.Set(FakeMembership.Silo(2), Enum.Parse<SiloStanding>(standing));
        var links = new FakeLinks(FakeMembership.Silo(2), answers: true);

        await Stream(links).AnnounceAsync([1], TestContext.Current.CancellationToken);

        SiloId[] told = [FakeMembership.Silo(1), .. isTold ? [FakeMembership.Silo(2)] : (SiloId[])[]];
        Assert.Equal(told, links.Told.Order());
    }

    /// <summary>It was taken for one that is gone, and what it held across the boundary was sent twice.</summary>
    [Theory]
    [InlineData("Active", true)]
    [InlineData("Stopping", false)]
    [InlineData("Dead", false)]
    public async Task Announce_WhereASiloThatLeavesDoesNotAnswer_Fails_UnlessItIsGoneMeanwhile(string standing, bool fails)
    {
        _silos.MarkLeaving(FakeMembership.Silo(2));
        var links = new FakeLinks(FakeMembership.Silo(2), answers: false)
        {
            Asked = () => _membership.Set(FakeMembership.Silo(2), Enum.Parse<SiloStanding>(standing)),
        };

        var announced = Stream(links).AnnounceAsync([1], TestContext.Current.CancellationToken);

        if (fails)
            await Assert.ThrowsAsync<TimeoutException>(() => announced);
        else
            await announced;
        Assert.Equal([FakeMembership.Silo(1), FakeMembership.Silo(2)], links.Told.Order());
    }

    private Task<OwnedLoads> LoadsAsync(bool answers) =>
        Stream(new FakeLinks(FakeMembership.Silo(2), answers)).LoadsAsync(TestContext.Current.CancellationToken);

    private ClusterStream Stream(FakeLinks links) =>
        new(new StreamTarget("events", null, TimeSpan.FromSeconds(1)), null!, links, _silos, static () => [], static _ => null!);

    private sealed class FakeLinks(SiloId silent, bool answers) : ISiloLinks
    {
        /// <summary>The silos that an announcement came to.</summary>
        public ConcurrentQueue<SiloId> Told { get; } = [];

        /// <summary>Called when the silent silo is asked.</summary>
        public Action Asked { get; init; } = static () => { };

        public ISiloCalls To(SiloId silo) => new FakeLink
        {
            Announced = () =>
            {
                Told.Enqueue(silo);
                if (!silo.Equals(silent) || answers)
                    return Task.CompletedTask;
                Asked();
                return Task.FromException(new TimeoutException("a test"));
            },
            Loads = () => silo.Equals(silent) && !answers
                ? Task.FromException<IReadOnlyList<(string, ShardLoadReport?)>>(new TimeoutException("a test"))
                : Task.FromResult<IReadOnlyList<(string, ShardLoadReport?)>>([($"shard of {silo.Port}", null)]),
        };
    }
}
