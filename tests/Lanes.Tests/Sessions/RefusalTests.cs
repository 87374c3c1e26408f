using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>Silos that take nothing for a while, or for good, and what a client may open.</summary>
/// <remarks>Tests <see cref="ClientSessions"/> too.</remarks>
public sealed class RefusalTests
{
    private const string Stream = "events";

    [Fact]
    public async Task NoRoom_BatchesComeAgainUntilTheyAreTaken()
    {
        using var cluster = new FakeCluster(1);
        cluster.Silos[0].BatchesWithoutRoom = 5;
        await using var producer = cluster.NewProducer();
        var results = await producer.PutAsync(Stream, Numbered.Records(5_000)).AsTask().WaitAsync(Numbered.Long);

        Assert.All(results, r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(5_000, cluster.Silos[0].Keys.Distinct().Count());
        Assert.Equal(5_000, cluster.Silos[0].Keys.Count);
    }

    [Fact]
    public async Task DrainingSilo_NewBatchesGoElsewhereAndItsOutcomesStillCome()
    {
        using var cluster = new FakeCluster(2);
        await using var producer = cluster.NewProducer();
        cluster.Silos[0].EndsAtOnce = false;
        var early = Numbered.Records(4_000).Chunk(100).Select(c => producer.PutAsync(Stream, c).AsTask()).ToList();
        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == 4_000 && cluster.Silos[0].Keys.Count > 0);
        var before = cluster.Silos[0].Keys.Count;
        cluster.Silos[0].Drain();
        var late = await Task.WhenAll(Numbered.Records(4_000, first: 4_000).Chunk(100).Select(c => producer.PutAsync(Stream, c).AsTask()))
            .WaitAsync(Numbered.Long);

        Assert.All(late.SelectMany(r => r), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(before, cluster.Silos[0].Keys.Count);
        cluster.Silos[0].EndAll();
        Assert.All((await Task.WhenAll(early).WaitAsync(Numbered.Long)).SelectMany(r => r), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        await Waiting.UntilAsync(() => cluster.Silos[0].Sessions.HasToldAll);
    }

    [Fact]
    public async Task SiloThatJoins_GetsItsShare()
    {
        using var cluster = new FakeCluster(1);
        await using var producer = cluster.NewProducer();
        await producer.PutAsync(Stream, Numbered.Records(100));
        cluster.AddSilo();
        // Several full messages: a single one goes to the silo that had the one before.
        for (var first = 100; cluster.Silos[1].Keys.Count == 0; first += 5_000)
            await producer.PutAsync(Stream, Numbered.Records(5_000, first)).AsTask().WaitAsync(Numbered.Long);

        Assert.NotEmpty(cluster.Silos[1].Keys);
    }

    [Fact]
    public async Task DisposeAsync_WithRecordsThatDoNotEnd_TellsWhatIsKnownOfEach()
    {
        using var cluster = new FakeCluster(1);
        var producer = cluster.NewProducer(o => o.DrainTimeout = TimeSpan.FromMilliseconds(50));
        cluster.Silos[0].EndsAtOnce = false;
        var taken = producer.PutAsync(Stream, Numbered.Records(10)).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == 10);
        cluster.IsCutOff = true;
        var waiting = producer.PutAsync("other", Numbered.Records(10, first: 10)).AsTask();
        await producer.DisposeAsync().AsTask().WaitAsync(Numbered.Long);

        Assert.All(await taken, r => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.Shutdown), (r.Status, r.ErrorCode)));
        Assert.All(await waiting, r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Shutdown), (r.Status, r.ErrorCode)));
        Assert.Equal((0, 0), (producer.OutstandingRecords, producer.OutstandingBytes));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await producer.PutAsync(Stream, Numbered.Record(1)));
    }

    [Fact]
    public async Task Open_BeyondTheMost_IsRefusedUntilOneIsClosed()
    {
        using var cluster = new FakeCluster(1);
        var silo = cluster.Silos[0];
        using var sessions = silo.NewSessions(cluster.Time, most: 2);
        var requests = Enumerable.Range(0, 3).Select(static _ => new ClientRequest { Session = Guid.NewGuid() }).ToList();
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[0])).Verdict);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[1])).Verdict);

        Assert.Equal(ClientVerdict.MemoryFull, (await sessions.OpenAsync("events", requests[2])).Verdict);
        // One that is there may be opened again: the answer was lost.
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[1])).Verdict);

        await sessions.CloseAsync("events", requests[0]);
        Assert.Equal(ClientVerdict.Accepted, (await sessions.OpenAsync("events", requests[2])).Verdict);
    }
}
