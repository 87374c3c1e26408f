using System.Collections.Concurrent;
using System.Net;
using Orleans.Concurrency;
using Orleans.Kpl.Contracts.Tests.Messages;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;
using Orleans.TestingHost;

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
            () => lane.Accept(new ClientBatch
            {
                Session = Guid.NewGuid(), Silo = new SiloId(IPAddress.Loopback, 1, 1), FirstRecord = 10,
                Records = Array.Empty<byte>(),
            }));
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

/// <summary>One silo and one client in this process.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    public InProcessTestCluster Cluster { get; } = new InProcessTestClusterBuilder(1).Build();

    public async ValueTask InitializeAsync() => await Cluster.DeployAsync();

    public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();
}

/// <summary>A lane that only looks at what comes.</summary>
[StatelessWorker]
internal sealed class EchoLane : Grain, IClientLane
{
    private static readonly SiloId Silo = new(IPAddress.Loopback, 1, 1);

    public Task<ClientReply> Open(ClientRequest request) => Answer(ClientVerdict.Accepted);

    public Task<ClientReply> Accept(ClientBatch batch) =>
        Answer(ClientVerdict.Accepted, $"{PackedRecords.Parse(batch.Records).Count} from {batch.FirstRecord}");

    public Task<ClientOutcomes> TakeOutcomes(ClientRequest request) =>
        Task.FromResult(new ClientOutcomes(ClientVerdict.Forgotten, request.Silo!, 1, 0, []));

    public Task<ClientReply> Flush(ClientRequest request) => Answer(ClientVerdict.Draining);

    public Task<ClientReply> Close(ClientRequest request) => Answer(ClientVerdict.Accepted);

    private static Task<ClientReply> Answer(ClientVerdict verdict, string? message = null) =>
        Task.FromResult(new ClientReply(verdict, Silo, 1, ErrorMessage: message));
}

/// <summary>A producer that judges what it is given and delivers nothing.</summary>
[StatelessWorker]
internal sealed class EchoProducer : Grain, IStreamProducer
{
    /// <summary>The last thing that a call brought, by the grain's key.</summary>
    public static ConcurrentDictionary<string, object> Given { get; } = new();

    public Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null)
    {
        StreamName.Check(this.GetPrimaryKeyString());
        Given[this.GetPrimaryKeyString()] = record;
        return Task.FromResult(RecordResult.NotDelivered(RecordStatus.Failed, "Echo", options?.TimeToLive?.ToString(), record));
    }

    public Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null)
    {
        Given[this.GetPrimaryKeyString()] = records;
        var end = RecordResult.Delivered("shardId-000000000000", "495", 0, []).Outcome!;
        return Task.FromResult(Enumerable.Range(0, records.Count).Select(i => new RecordResult(end, i)).ToArray());
    }

    public Task Flush() => Task.CompletedTask;

    public Task<StreamStatus> GetStatus() =>
        Task.FromResult(new StreamStatus { Stream = this.GetPrimaryKeyString(), Silo = "-" });
}
