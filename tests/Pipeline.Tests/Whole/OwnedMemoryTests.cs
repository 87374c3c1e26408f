using Orleans.Kpl.Pipeline.Tests.Backlog;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>
/// Records whose owner takes their memory back while their put waits. A single record kept its reservation for ever; in a batch, that record and those
/// behind it had no outcome. A flush, and the end of the producer, waited for them.
/// </summary>
public sealed class OwnedMemoryTests
{
    [Fact]
    public async Task Put_OfMemoryThatIsTakenBackInTheWaitForRoom_IsDelivered()
    {
        await using var harness = new PipelineHarness(configure: static o => o.MaxOutstandingRecords = 1);
        using var memory = new OwnedMemory([.. "own"u8]);
        var open = harness.Kinesis.HoldPuts();
        await harness.EnqueueAsync(PipelineHarness.Record(1));
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("key", memory.Memory)).AsTask();
        await PipelineHarness.SettleAsync();

        memory.IsTakenBack = true;
        open.SetResult();

        Assert.True((await harness.DriveAsync(putting)).IsSuccess);
        Assert.Equal("own", harness.Kinesis.Records.Single(static r => r.Key == "key").Data);
        await AssertNothingIsLeftAsync(harness);
    }

    /// <summary>The first parts are in memory, the next one waits for room, and those behind it have not been read.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Batch_WhoseMemoryIsTakenBackInTheWaitForRoom_HasAnOutcomeForEach(int ownsEach)
    {
        const int Room = 1_000;
        await using var harness = new PipelineHarness(configure: static o => o.MaxOutstandingRecords = Room);
        using var memory = new OwnedMemory([.. "own"u8]);
        var records = PipelineHarness.Records(4 * Room);
        for (var i = 0; i < records.Length; i += ownsEach)
            records[i] = new UserRecord(records[i].PartitionKey, memory.Memory, i % 2 == 0 ? (UInt128)i : null);
        var open = harness.Kinesis.HoldPuts();
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Room, harness.Producer.OutstandingRecords);

        memory.IsTakenBack = true;
        open.SetResult();
        var results = await harness.DriveAsync(putting);

        var lost = Array.FindIndex(results, static r => !r.IsSuccess);
        Assert.InRange(lost, Room + 1, 2 * Room);
        for (var i = 0; i < results.Length; i++)
            Assert.Equal(i >= lost && i % ownsEach == 0 ? nameof(ObjectDisposedException) : null, results[i].ErrorCode);
        Assert.Equal(results.Count(static r => r.IsSuccess), harness.Kinesis.Records.Count);
        await AssertNothingIsLeftAsync(harness);
    }

    [Fact]
    public async Task Batch_OfOnePartThatWaits_IsDelivered()
    {
        await using var harness = new PipelineHarness(configure: static o => o.MaxOutstandingRecords = 10);
        using var memory = new OwnedMemory([.. "own"u8]);
        var open = harness.Kinesis.HoldPuts();
        await harness.EnqueueAsync(PipelineHarness.Record(1));
        var records = PipelineHarness.Records(10, first: 2);
        records[5] = new UserRecord("key", memory.Memory);
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask();
        await PipelineHarness.SettleAsync();

        memory.IsTakenBack = true;
        open.SetResult();

        Assert.All(await harness.DriveAsync(putting), static r => Assert.True(r.IsSuccess));
        await AssertNothingIsLeftAsync(harness);
    }

    /// <summary>The owner may take its memory back, and write other bytes there, as soon as the put is accepted.</summary>
    [Fact]
    public async Task Accepted_TheMemoryIsTheOwnersAgain()
    {
        await using var harness = new PipelineHarness();
        byte[] bytes = [.. "own"u8];
        using var memory = new OwnedMemory(bytes);

        var delivery = await harness.EnqueueAsync(new UserRecord("key", memory.Memory));
        (memory.IsTakenBack, bytes[0]) = (true, 0);

        Assert.True((await harness.DriveAsync(delivery)).IsSuccess);
        Assert.Equal("own", Assert.Single(harness.Kinesis.Records).Data);
    }

    /// <summary>What is refused was copied first, and told of its memory where that was taken back.</summary>
    [Fact]
    public async Task Batch_WhoseCallerGivesUp_IsRefusedWithoutItsMemory()
    {
        const int Room = 1_000;
        await using var harness = new PipelineHarness(configure: static o => o.MaxOutstandingRecords = Room);
        using var memory = new OwnedMemory([.. "own"u8]);
        var records = PipelineHarness.Records(4 * Room);
        for (var i = 2 * Room; i < records.Length; i++)
            records[i] = new UserRecord(records[i].PartitionKey, memory.Memory);
        using var given = new CancellationTokenSource();
        var open = harness.Kinesis.HoldPuts();
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, records, null, given.Token).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        memory.IsTakenBack = true;
        await given.CancelAsync();
        open.SetResult();
        var results = await harness.DriveAsync(putting);

        Assert.All(results.Take(Room), static r => Assert.True(r.IsSuccess));
        Assert.All(results.Skip(Room), static r => Assert.Equal(RecordErrorCodes.Canceled, r.ErrorCode));
        await AssertNothingIsLeftAsync(harness);
    }

    /// <summary>The put threw, as though nothing were known of its records. The second one stands in line behind the first.</summary>
    [Fact]
    public async Task Batches_BehindTheBacklog_ExpireWithoutTheirMemory()
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o =>
        {
            o.Ordered = OrderedMode.PutRecords;
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        using var memory = new OwnedMemory([.. "own"u8]);
        harness.Kinesis.GoAway();
        for (var i = 0; i < 40; i++)
            await harness.DriveAsync(harness.Producer.PutAsync(BacklogHarness.Stream, PipelineHarness.Records(20), BacklogHarness.Persisted).AsTask());
        harness.Crash();
        UserRecord[] records = [new("", memory.Memory), new("key", memory.Memory), PipelineHarness.Record(3)];
        Task<RecordResult[]>[] putting = [Put(), Put()];

        memory.IsTakenBack = true;
        await harness.PassAsync(TimeSpan.FromSeconds(8), stepMs: 50);

        foreach (var put in putting)
        {
            Assert.True(put.IsCompleted);
            Assert.Equal(
                [RecordErrorCodes.InvalidPartitionKey, RecordErrorCodes.Expired, RecordErrorCodes.Expired], (await put).Select(static r => r.ErrorCode));
        }

        Task<RecordResult[]> Put() => harness.Producer.PutAsync(BacklogHarness.Stream, records).AsTask();
    }

    private static async Task AssertNothingIsLeftAsync(PipelineHarness harness)
    {
        await harness.DriveAsync(harness.Producer.FlushAsync());
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
        Assert.Equal(0, harness.Producer.GetLedger(PipelineHarness.Stream).InFlight);
    }
}
