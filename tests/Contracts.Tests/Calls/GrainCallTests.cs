using System.Net;
using Orleans.Kpl.Contracts.Tests.Messages;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Contracts.Tests.Calls;

/// <summary>The contracts over Orleans itself: proxies, serializers and errors as a client has them.</summary>
public sealed class GrainCallTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    private static readonly UserRecord Record = new("k", "data"u8.ToArray(), 7);

    [Fact]
    public async Task PutRecord_WhenItFails_GivesTheRecordBack()
    {
        var result = await Producer("one").PutRecord(Record, new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(1_500) });

        Assert.Equal((RecordStatus.Failed, "Echo", "00:00:01.5000000"), (result.Status, result.ErrorCode, result.ErrorMessage));
        Assert.Equal(Shape.Of(Record), Shape.Of(result.Record));
    }

    [Fact]
    public async Task PutRecord_WhenTheStreamIsNone_ThrowsAsTheEmbeddedProducerDoes()
    {
        var thrown = await Assert.ThrowsAsync<RecordValidationException>(() => Producer("no stream").PutRecord(Record));

        Assert.Equal(RecordErrorCodes.InvalidStream, thrown.Code);
    }

    [Fact]
    public async Task PutRecord_WhenTheRecordIsFarTooLarge_ThrowsAtOnceAndHarmsNobody()
    {
        var large = new UserRecord("k", new byte[RecordBatch.MaxBytes + 1]);

        var thrown = await Assert.ThrowsAsync<RecordValidationException>(() => Producer("large").PutRecord(large));

        Assert.Equal(RecordErrorCodes.RecordTooLarge, thrown.Code);
        Assert.Equal("large", (await Producer("large").GetStatus()).Stream);
    }

    [Fact]
    public async Task PutRecords_GivesAResultForEachRecord()
    {
        var batch = new RecordBatch(Enumerable.Range(0, 1_500).Select(i => new UserRecord($"key-{i}", new byte[100])));

        var results = await Producer("many").PutRecords(batch);

        Assert.Equal(Enumerable.Range(0, 1_500), results.Select(r => r.SubSequenceNumber));
        Assert.Equal(Shape.Of(batch), Shape.Of(EchoProducer.Given["many"]));
    }

    [Fact]
    public async Task PutRecords_WhenTheBytesAreRubbish_ThrowsAndHarmsNobody()
    {
        var thrown = await Assert.ThrowsAnyAsync<FormatException>(() => Producer("rubbish").PutRecords(RecordBatch.Of([[99, 1, 2, 3]])));

        Assert.Contains("format 99", thrown.Message, StringComparison.Ordinal);
        Assert.Equal("rubbish", (await Producer("rubbish").GetStatus()).Stream);
    }

    [Fact]
    public async Task Lane_TakesAPackedBatch()
    {
        var lane = fixture.Cluster.Client.GetGrain<IClientLane>(new LaneKey(3, "events").ToString());
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("k", "v"u8));

        var reply = await lane.Accept(
            new ClientBatch { Session = Guid.NewGuid(), Silo = new SiloId(IPAddress.Loopback, 1, 1), FirstRecord = 10, Records = writer.ToArray() });

        Assert.Equal((ClientVerdict.Accepted, "1 from 10"), (reply.Verdict, reply.ErrorMessage));
        await Assert.ThrowsAsync<PackedFormatException>(
            () => lane.Accept(new ClientBatch { Session = Guid.NewGuid(), Silo = new SiloId(IPAddress.Loopback, 1, 1), FirstRecord = 10, Records = [] }));
    }

    [Fact]
    public async Task Lane_AnswersWithTheSessionsSilo()
    {
        var lane = fixture.Cluster.Client.GetGrain<IClientLane>(new LaneKey(0, "events").ToString());
        var silo = new SiloId(IPAddress.Parse("10.0.0.1"), 2, 3);

        var outcomes = await lane.TakeOutcomes(new ClientRequest { Session = Guid.NewGuid(), Silo = silo });

        Assert.Equal((ClientVerdict.Forgotten, silo), (outcomes.Verdict, outcomes.Silo));
        Assert.Empty(outcomes.Messages);
    }

    private IStreamProducer Producer(string stream) => fixture.Cluster.Client.GetGrain<IStreamProducer>(stream);
}
