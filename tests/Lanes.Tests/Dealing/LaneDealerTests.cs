using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Lanes.Tests.Dealing;

/// <summary>A client that does not reach every silo by a gateway of its own looks for others, and less and less often.</summary>
/// <remarks>Tests <see cref="LaneDealer"/>.</remarks>
public sealed class LaneDealerTests
{
    /// <summary>Two for each silo.</summary>
    private const int EachDeal = 6;

    /// <summary>So many records are held, and end one after the other.</summary>
    private const int Held = 20;

    private readonly FakeTimeProvider _time = new();
    private int _puts;

    /// <summary>Commands that put over a cluster said at their end that no silo takes records: the end itself had closed the way to them.</summary>
    [Fact]
    public async Task AClientThatEnds_WhileLanesAreOpened_DoesNotSayThatNoSiloIsThere()
    {
        var opening = new TaskCompletionSource();
        using var cluster = new FakeCluster(1) { Opening = opening.Task };
        var log = new CapturedLog();
        var options = new KplOptions { DrainTimeout = TimeSpan.Zero };
        var producer = new ClientPipeline(
            options, cluster, new PipelineLog(NullLogger.Instance, cluster.Time, logKeys: false), log, cluster.Time, Guid.NewGuid);
        var put = producer.PutAsync(Numbered.Stream, Numbered.Record(0)).AsTask();
        await Waiting.UntilAsync(() => cluster.OpeningsBegun == 2);

        await producer.DisposeAsync();
        Assert.Equal(RecordErrorCodes.Shutdown, (await put).ErrorCode);
        opening.SetException(new IOException("the connection is closed"));

        Assert.DoesNotContain(log.Lines, static l => l.Level == LogLevel.Warning);
    }

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

    /// <summary>Each deal left one more for a minute. While silos came and went one after the other, clients so shut each other out.</summary>
    [Fact]
    public async Task AClientThatDealsAgain_LeavesNoSessionThatItDoesNotUse()
    {
        using var cluster = new FakeCluster(3) { Time = _time };
        cluster.OnlyGateway = cluster.Silos[0];
        await using var producer = cluster.NewProducer();

        await PutForAsync(cluster, producer, seconds: 50);

        Assert.InRange(cluster.OpeningsBegun, 3 * EachDeal, 4 * EachDeal);
        await Waiting.UntilAsync(async () => await cluster.Silos[0].CountSessionsAsync() == 1);
    }

    /// <summary>It asked every second, for each stream and over new lanes each time, which the silo then kept.</summary>
    [Fact]
    public async Task AClient_WithoutRoomForItsSessions_AsksSeldom_AndHasThemInTheEnd()
    {
        using var cluster = new FakeCluster(1) { Time = _time };
        cluster.Silos[0].HasNoRoom = true;
        await using var producer = cluster.NewProducer();
        var put = producer.PutAsync(Numbered.Stream, Numbered.Record(0), PutOptions.WithoutLinger).AsTask();

        await _time.PassUntilAsync(() => _time.GetElapsedTime(0) >= TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(250));
        Assert.InRange(cluster.OpeningsBegun, ClientBatch.LanesPerSilo * 6, ClientBatch.LanesPerSilo * 20);
        cluster.Silos[0].HasNoRoom = false;

        await _time.PassUntilAsync(() => put.IsCompleted, TimeSpan.FromMilliseconds(250));
        Assert.True((await put).IsSuccess);
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

    /// <summary>Each answer to the question for outcomes had the client deal its lanes once more: it told what the deal before had not confirmed.</summary>
    /// <param name="leaves">Whether it leaves, and the client cannot deal to it, or only another one is reached.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ASiloThatCountsOneMoreThanThoseThatADealReaches_HasNoLanesDealtByEachAnswer(bool leaves)
    {
        using var cluster = new FakeCluster(2) { Time = _time };
        await using var producer = cluster.NewProducer();
        var (silo, other, puts) = await PutUntilHeldAsync(cluster, producer);
        silo.KnowOneMore();
        if (leaves)
            silo.Drain();
        else
            cluster.OnlyGateway = other;

        await AssertDealtSeldomAsync(cluster, silo, puts);
    }

    /// <summary>A number that came while lanes were dealt was not compared with what the deal had found: the next answer had them dealt once more.</summary>
    [Fact]
    public async Task ASiloThatCountsOneMore_WhileLanesAreDealt_HasNoneDealtByItsNextAnswers()
    {
        using var cluster = new FakeCluster(2) { Time = _time };
        await using var producer = cluster.NewProducer();
        var (silo, other, puts) = await PutUntilHeldAsync(cluster, producer);
        cluster.OnlyGateway = other;
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Opening = opening.Task;
        // The first has lanes dealt, and the second comes meanwhile.
        for (var more = 1; more <= 2; more++)
        {
            silo.KnowOneMore();
            await EndNextAsync(silo, puts);
        }

        // Once more, for the second: two lanes to each of the two silos that the other one knows.
        var dealt = cluster.OpeningsBegun + 4;
        opening.SetResult();
        await Waiting.UntilAsync(() => cluster.OpeningsBegun >= dealt && cluster.Silos.Sum(static s => s.Openings) == cluster.OpeningsBegun);
        // All of them: the producer's end waits for what is held.
        for (var i = 2; i < Held; i++)
        {
            await EndNextAsync(silo, puts);
            await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Openings) == cluster.OpeningsBegun);
        }

        Assert.Equal(dealt, cluster.OpeningsBegun);
    }

    /// <summary>Puts single records until one of the two silos has twenty that do not end.</summary>
    private async Task<(FakeLaneSilo Silo, FakeLaneSilo Other, List<Task<RecordResult>> Puts)> PutUntilHeldAsync(FakeCluster cluster, ClientPipeline producer)
    {
        foreach (var silo in cluster.Silos)
            (silo.EndsAtOnce, silo.EndsAtFlush) = (false, false);
        List<Task<RecordResult>> puts = [];
        while (cluster.Silos.All(static s => s.Keys.Count < Held))
        {
            puts.Add(producer.PutAsync(Numbered.Stream, Numbered.Record(_puts++), PutOptions.WithoutLinger).AsTask());
            await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Keys.Count) == _puts);
        }

        var (held, other) = cluster.Silos[0].Keys.Count < Held ? (cluster.Silos[1], cluster.Silos[0]) : (cluster.Silos[0], cluster.Silos[1]);
        other.EndsAtOnce = true;
        other.EndAll();
        await Waiting.UntilAsync(() => puts.Count(static p => !p.IsCompleted) == Held);
        return (held, other, puts);
    }

    /// <summary>The records that are held end one after the other, each with an answer of its own.</summary>
    private static async Task AssertDealtSeldomAsync(FakeCluster cluster, FakeLaneSilo held, List<Task<RecordResult>> puts)
    {
        await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Openings) == cluster.OpeningsBegun);
        var before = cluster.OpeningsBegun;
        for (var i = 0; i < Held; i++)
        {
            await EndNextAsync(held, puts);
            await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Openings) == cluster.OpeningsBegun);
        }

        Assert.InRange(cluster.OpeningsBegun - before, 0, 3 * EachDeal);
    }

    private static async Task EndNextAsync(FakeLaneSilo held, List<Task<RecordResult>> puts)
    {
        var ended = puts.Count(static p => p.IsCompleted);
        held.EndNext();
        await Waiting.UntilAsync(() => puts.Count(static p => p.IsCompleted) > ended);
    }

    /// <summary>Puts a record each second. A silo that has forgotten its session refuses the record, which goes again after 10 ms of this clock.</summary>
    private async Task PutForAsync(FakeCluster cluster, ClientPipeline producer, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            var (step, next) = (TimeSpan.FromMilliseconds(10), _time.GetUtcNow().AddSeconds(1));
            var put = producer.PutAsync(Numbered.Stream, Numbered.Record(_puts++), PutOptions.WithoutLinger).AsTask();
            await _time.PassUntilAsync(() => put.IsCompleted || _time.GetUtcNow() + step >= next, step);
            var result = await put.WaitAsync(Numbered.Long);
            Assert.True(result.IsSuccess, result.ErrorMessage);
            _time.Advance(next - _time.GetUtcNow());
            await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Openings) == cluster.OpeningsBegun);
        }
    }
}
