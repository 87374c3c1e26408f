using Orleans.Kpl.Lanes.Dealing;

namespace Orleans.Kpl.Lanes.Tests.Dealing;

/// <summary>A client that does not reach every silo by a gateway of its own looks for others, and less and less often.</summary>
/// <remarks>Tests <see cref="LaneDealer"/>.</remarks>
public sealed class LaneDealerTests
{
    /// <summary>Two for each silo.</summary>
    private const int EachDeal = 6;

    private readonly FakeTimeProvider _time = new();
    private int _puts;

    /// <summary>It dealt every five seconds, for as long as it was busy, and each deal left sessions at the silo that counted as busy.</summary>
    [Fact]
    public async Task AClientBehindOneGateway_LooksForOthers_EverMoreRarely()
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        cluster.OnlyGateway = cluster.Silos[0];
        await using var producer = cluster.NewProducer();

        // After 5, 15 and 35 seconds, or a little later: a wait begins when a deal ends.
        await PutForAsync(cluster, producer, seconds: 60);
        Assert.InRange(cluster.OpeningsBegun, 3 * EachDeal, 4 * EachDeal);

        // Once a minute.
        var before = cluster.OpeningsBegun;
        await PutForAsync(cluster, producer, seconds: 180);
        Assert.InRange(cluster.OpeningsBegun - before, EachDeal, 4 * EachDeal);
    }

    /// <summary>A client has its gateway a few seconds later, and it would be reached by way of others for up to a minute.</summary>
    [Fact]
    public async Task ASiloThatComes_IsLookedForSoon_AndFoundOnce()
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        cluster.OnlyGateway = cluster.Silos[0];
        await using var producer = cluster.NewProducer();
        await PutForAsync(cluster, producer, seconds: 60);
        var openings = cluster.OpeningsBegun;

        cluster.AddSilo();
        await PutForAsync(cluster, producer, seconds: 1);
        await Waiting.UntilAsync(() => cluster.OpeningsBegun >= openings + EachDeal);
        cluster.OnlyGateway = null;
        await PutForAsync(cluster, producer, seconds: 15);
        Assert.All(cluster.Silos, static s => Assert.NotEqual(0, s.Openings));

        openings = cluster.OpeningsBegun;
        await PutForAsync(cluster, producer, seconds: 120);
        Assert.Equal(openings, cluster.OpeningsBegun);
    }

    private async Task PutForAsync(FakeCluster cluster, ClientPipeline producer, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            var result = await producer.PutAsync(Numbered.Stream, Numbered.Record(_puts++), PutOptions.WithoutLinger).AsTask().WaitAsync(Numbered.Long);
            Assert.True(result.IsSuccess, result.ErrorMessage);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Openings) == cluster.OpeningsBegun);
        }
    }
}
