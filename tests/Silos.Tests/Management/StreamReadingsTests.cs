using System.Collections.Concurrent;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>Three silos hear of the shards of a stream from its manager, which is on the first.</summary>
public sealed class StreamReadingsTests
{
    private readonly FakeKinesis _kinesis = new(shards: 1);
    private readonly FakeLinks _links = new();
    private readonly LiveSilos _silos;
    private readonly StreamReadings _readings;

    public StreamReadingsTests()
    {
        var membership = new FakeMembership();
        for (var silo = 1; silo <= 3; silo++)
            membership.Set(FakeMembership.Silo(silo), SiloStanding.Active);
        _silos = new LiveSilos(membership, TimeProvider.System);
        _silos.Start();
        _readings = new StreamReadings("events", new KplOptions(), _kinesis, _links, _silos, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>They were told one after the other: those behind a silo that does not answer served closed shards until that call was given up.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Shards_ThatHaveChanged_AreToldToAll_ThoughOneSiloDoesNotAnswer(int silent)
    {
        _links.Silent = FakeMembership.Silo(silent);
        await _readings.OpenAsync();
        await Waiting.UntilAsync(() => _links.Told.Count == 3);
        _kinesis.Reshard(FakeKinesis.Even(1, firstId: 7));

        var read = await _readings.OpenAsync().WaitAsync(Waiting.Long);

        Assert.Equal("shardId-000000000007", Assert.Single(read.Shards).ShardId);
        await Waiting.UntilAsync(() => _links.Told.Count == 6);
    }

    /// <summary>
    /// The silo of the former manager is lost, and shards have changed since that one's last reading: the silos were not told, and went on with closed shards.
    /// </summary>
    [Fact]
    public async Task FirstReadingOfAManager_IsToldToAll_ForAFormerOneMayHaveMissedAChange()
    {
        await _readings.OpenAsync();
        await Waiting.UntilAsync(() => _links.Told.Count == 3);

        await _readings.OpenAsync();

        Assert.Equal(3, _links.Told.Count);
    }

    /// <summary>The remedy for a silo with an old map told nobody where the manager itself had read the new one before.</summary>
    [Fact]
    public async Task Refresh_OfShardsThatHaveNotChanged_IsToldToAllAllTheSame()
    {
        await _readings.RefreshAsync();
        await Waiting.UntilAsync(() => _links.Told.Count == 3);

        await _readings.RefreshAsync();

        Assert.Equal(6, _links.Told.Count);
    }

    /// <summary>It serves its shards until they have moved, and went on with closed ones.</summary>
    [Fact]
    public async Task Shards_ThatHaveChanged_AreToldToASiloThatLeaves()
    {
        _silos.MarkLeaving(FakeMembership.Silo(3));

        await _readings.OpenAsync();

        Assert.Contains(FakeMembership.Silo(3), _links.Told);
    }

    /// <summary>Links that note who was told.</summary>
    private sealed class FakeLinks : ISiloLinks
    {
        public SiloId? Silent { get; set; }

        public ConcurrentQueue<SiloId> Told { get; } = [];

        public ISiloCalls To(SiloId silo) => new FakeLink { MapChanged = () => TellAsync(silo) };

        private Task TellAsync(SiloId silo)
        {
            Told.Enqueue(silo);
            return silo.Equals(Silent) ? new TaskCompletionSource().Task : Task.CompletedTask;
        }
    }
}
