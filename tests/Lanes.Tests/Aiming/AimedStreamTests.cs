using Orleans.Kpl.Lanes.Dealing;

namespace Orleans.Kpl.Lanes.Tests.Aiming;

/// <summary>Busy clients give their records to the silos that serve them.</summary>
/// <remarks>Tests <see cref="ClientStream"/>, <see cref="Lanes.Aiming.StreamAim"/> and <see cref="Lanes.Aiming.AimedQueues"/>.</remarks>
public sealed class AimedStreamTests
{
    private const string Stream = Numbered.Stream;
    private const int Burst = 5_000;

    private int _next;

    /// <summary>Also behind one gateway, which passes on what is for the others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BusyClient_GivesEachRecordToTheSiloThatServesIt(bool behindOneGateway)
    {
        using var cluster = NewCluster(behindOneGateway);
        await using var producer = cluster.NewProducer();

        await UntilAimedAsync(cluster, producer);

        AssertTakenOnce(cluster);
        Assert.All(cluster.Silos, static s => Assert.NotEmpty(s.Keys));
    }

    [Fact]
    public async Task MovedShards_AreAimedAnew()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer();
        await UntilAimedAsync(cluster, producer);
        for (var shard = 0; shard < 6; shard++)
            cluster.Move(shard, cluster.Silos[2]);

        await UntilAimedAsync(cluster, producer);

        AssertTakenOnce(cluster);
    }

    /// <summary>A client that does not know every gateway deals its lanes anew now and then, and forgot those by way of another silo.</summary>
    [Fact]
    public async Task BehindOneGateway_LanesThatAreDealtAnew_LeaveThoseToOtherSilos()
    {
        var time = new FakeTimeProvider();
        using var cluster = NewCluster(behindOneGateway: true, time);
        await using var producer = cluster.NewProducer();
        await UntilAimedAsync(cluster, producer);
        var openings = cluster.Silos[0].Openings;
        time.Advance(TimeSpan.FromSeconds(6));
        await Waiting.UntilAsync(() => cluster.Silos[0].Openings > openings);

        await UntilAimedAsync(cluster, producer);

        AssertTakenOnce(cluster);
    }

    /// <summary>Gateways are dealt by chance. The lanes to a silo that got none went, and its share took one hop more until all had rested.</summary>
    [Fact]
    public async Task LanesThatAreDealtAnew_LeaveThoseToSilosInUse()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer();
        await UntilAimedAsync(cluster, producer);
        cluster.OnlyGateway = cluster.Silos[0];

        producer.Uses.Get(Stream).Deal([new OpenedLane(cluster.Fresh(Stream), Guid.NewGuid(), cluster.Silos[0].Self, 3)]);

        await UntilAimedAsync(cluster, producer);
        AssertTakenOnce(cluster);
    }

    /// <summary>A silo that does not tell what it serves is one of those that nobody aims at; what the others serve goes to them.</summary>
    [Fact]
    public async Task OlderSilo_GetsWhatNobodyClaims()
    {
        using var cluster = NewCluster();
        cluster.Silos[1].KeepsRanges = true;
        await using var producer = cluster.NewProducer();

        // Of the third that it serves, a silo in three has what it serves by chance. Without an aim two thirds of all would stray.
        await UntilAsync(cluster, producer, static strays => strays < Burst * 2 / 5);

        AssertTakenOnce(cluster);
    }

    [Fact]
    public async Task QuietClient_UsesSilosWithoutAiming()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer();
        for (var i = 0; i < 100; i++)
            await PutAsync(producer, 1);

        // A third of the keys would be at home where they are by chance.
        Assert.InRange(cluster.Silos.Sum(static s => s.Strays), 30, 100);
        AssertTakenOnce(cluster);
    }

    /// <summary>Its messages take one way, whoever serves their shards.</summary>
    [Fact]
    public async Task OrderedStream_NeverAims()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer(static o => o.ForStream(Stream, static s => s.Ordered = OrderedMode.PutRecords));
        for (var i = 0; i < 5; i++)
            await PutAsync(producer, Burst);

        Assert.Single(cluster.Silos, static s => s.Keys.Count > 0);
        AssertTakenOnce(cluster);
    }

    /// <summary>What was aimed at a silo that is lost, and not given to it yet, goes to others.</summary>
    [Fact]
    public async Task LostSilo_WhatWasAimedAtItAndNotGivenToItIsDelivered()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer();
        await UntilAimedAsync(cluster, producer);
        var lost = cluster.Silos[0];
        lost.BatchesWithoutRoom = int.MaxValue;
        var (before, put) = (lost.Keys.Count, PutAsync(producer, 20_000, isDelivered: false));
        await Waiting.UntilAsync(() => lost.BatchesWithoutRoom < int.MaxValue);
        lost.Die();

        var results = await put;

        var unknown = results.Count(static r => r.Status == RecordStatus.Unknown);
        Assert.Equal(before, lost.Keys.Count);
        Assert.Equal(results.Length - unknown, results.Count(static r => r.Status == RecordStatus.Delivered));
        // What it had been given without an answer: at most what its lanes carry.
        Assert.InRange(unknown, 0, 2 * 64 * ClientBatch.MaxRecords);
        for (var shard = 0; shard < 12; shard += 3)
            cluster.Move(shard, cluster.Silos[1]);
        await UntilAimedAsync(cluster, producer);
    }

    /// <summary>Lost answers do not make a batch come twice, whichever silo it was aimed at.</summary>
    [Fact]
    public async Task LostAnswers_EachRecordIsTakenOnce()
    {
        using var cluster = NewCluster();
        cluster.LostAnswers = 0.2;
        await using var producer = cluster.NewProducer();
        for (var i = 0; i < 6; i++)
            await PutAsync(producer, Burst);

        AssertTakenOnce(cluster);
    }

    private static FakeCluster NewCluster(bool behindOneGateway = false, TimeProvider? time = null)
    {
        var cluster = new FakeCluster(3) { Time = time ?? TimeProvider.System };
        if (behindOneGateway)
            cluster.OnlyGateway = cluster.Silos[0];
        cluster.Spread(12);
        return cluster;
    }

    /// <summary>Puts until a whole burst goes where it belongs.</summary>
    private Task UntilAimedAsync(FakeCluster cluster, ClientPipeline producer) => UntilAsync(cluster, producer, static strays => strays == 0);

    /// <summary>Puts until at most so many records of a burst go to silos that do not serve them.</summary>
    private async Task UntilAsync(FakeCluster cluster, ClientPipeline producer, Predicate<int> isMet)
    {
        await Waiting.UntilAsync(async () =>
        {
            var before = cluster.Silos.Sum(static s => s.Strays);
            await PutAsync(producer, Burst);
            return isMet(cluster.Silos.Sum(static s => s.Strays) - before);
        });
    }

    private async Task<RecordResult[]> PutAsync(ClientPipeline producer, int count, bool isDelivered = true)
    {
        var records = Numbered.Records(count, _next);
        _next += count;
        var results = (await Task.WhenAll(records.Chunk(500).Select(c => producer.PutAsync(Stream, c).AsTask())).WaitAsync(Numbered.Long))
            .SelectMany(static r => r).ToArray();
        if (isDelivered)
            Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        return results;
    }

    private void AssertTakenOnce(FakeCluster cluster)
    {
        var taken = cluster.Silos.SelectMany(static s => s.Keys).ToList();
        Assert.Equal(_next, taken.Count);
        Assert.Equal(_next, taken.Distinct().Count());
    }
}
