using Orleans.Kpl.Pipeline.Idle;

namespace Orleans.Kpl.Lanes.Tests.Producing;

/// <summary>A client of a tier closes streams that nobody uses: their lanes, queues and sessions go.</summary>
/// <remarks>Tests <see cref="ClientPipeline"/>.</remarks>
public sealed class IdleClientStreamTests
{
    [Fact]
    public async Task AnIdleStream_Closes_AndTheNextPutOpensItAgain()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(2) { Time = time };
        await using var producer = NewProducer(cluster);
        for (var round = 1; round <= 2; round++)
        {
            await PutAsync(producer, round);
            Assert.Single(producer.Streams);

            await UntilClosedAsync(producer, time);
            Assert.Equal((round, round), (producer.GetLedger(Numbered.Stream).Accepted, producer.GetLedger(Numbered.Stream).Delivered));
            await Waiting.UntilAsync(() => cluster.Silos.All(static s => s.Sessions.HasToldAll));
        }

        Assert.Equal(["key-1", "key-2"], cluster.Silos.SelectMany(static s => s.Keys).Order(StringComparer.Ordinal));
    }

    /// <summary>Their outcomes are still to come: a stream that closed now would lose them.</summary>
    [Fact]
    public async Task AStreamWhoseRecordsASiloHas_StaysOpenUntilTheyHaveEnded()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1) { Time = time };
        cluster.Silos[0].EndsAtOnce = false;
        await using var producer = NewProducer(cluster, static o => o.RecordTtl = TimeSpan.FromHours(1));
        var put = producer.PutAsync(Numbered.Stream, Numbered.Record(1)).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == 1);

        for (var passed = TimeSpan.Zero; passed < 2 * StreamIdling.Limit; passed += TimeSpan.FromSeconds(10))
            time.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(producer.Streams);
        cluster.Silos[0].EndAll();

        Assert.True((await put.WaitAsync(Numbered.Long)).IsSuccess);
        await UntilClosedAsync(producer, time);
        Assert.Equal(1, producer.ReadLedger().Delivered);
    }

    private static ClientPipeline NewProducer(FakeCluster cluster, Action<KplOptions>? configure = null)
    {
        var producer = cluster.NewProducer(configure);
        producer.CloseIdleStreams(StreamIdling.Limit);
        return producer;
    }

    private static async Task PutAsync(ClientPipeline producer, int number)
    {
        var result = await producer.PutAsync(Numbered.Stream, Numbered.Record(number), PutOptions.WithoutLinger).AsTask().WaitAsync(Numbered.Long);
        Assert.True(result.IsSuccess, result.ErrorMessage);
    }

    /// <summary>Time passes for as long as it takes; polls of the silos answer in between.</summary>
    private static Task UntilClosedAsync(ClientPipeline producer, FakeTimeProvider time) =>
        time.PassUntilAsync(() => !producer.Streams.Any(), TimeSpan.FromSeconds(10));
}
