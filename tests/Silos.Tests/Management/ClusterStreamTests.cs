using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class ClusterStreamTests
{
    /// <summary>Its shards looked like shards without load, and a policy ended the splits that one of them needed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Loads_WhereASiloDoesNotAnswer_AreThoseOfTheOthers_AndNotWhole(bool answers)
    {
        var membership = new FakeMembership();
        membership.Set(FakeMembership.Silo(1), SiloStanding.Active);
        membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        var silos = new LiveSilos(membership, TimeProvider.System);
        silos.Start();
        var links = new FakeLinks(FakeMembership.Silo(2), answers);
        var stream = new ClusterStream(new StreamTarget("events", null, TimeSpan.FromSeconds(1)), null!, links, silos, static () => [], static _ => null!);

        var seen = await stream.LoadsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(answers, seen.IsWhole);
        Assert.Equal(answers ? 2 : 1, seen.Loads.Count);
    }

    private sealed class FakeLinks(SiloId silent, bool answers) : ISiloLinks
    {
        public ISiloCalls To(SiloId silo) => new FakeLink
        {
            Loads = () => silo.Equals(silent) && !answers
                ? Task.FromException<IReadOnlyList<(string, ShardLoadReport?)>>(new TimeoutException("a test"))
                : Task.FromResult<IReadOnlyList<(string, ShardLoadReport?)>>([($"shard of {silo.Port}", null)]),
        };
    }
}
