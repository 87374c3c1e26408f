namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>A flush converges under constant inflow.</summary>
public sealed class FlushAndDisposeTests
{
    [Fact]
    public async Task Flush_SkipsTheLingerAndWaitsForWhatWasAccepted()
    {
        await using var harness = new PipelineHarness(configure: o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        var before = harness.Time.GetTimestamp();
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 100; i++)
            deliveries.Add(await harness.EnqueueAsync(PipelineHarness.Record(i)));

        await harness.DriveAsync(harness.Producer.FlushAsync(PipelineHarness.Stream), stepMs: 1);

        Assert.All(deliveries, d => Assert.True(d.IsCompletedSuccessfully && d.Result.IsSuccess));
        Assert.True(harness.Time.GetTimestamp() - before < TimeSpan.TicksPerSecond);
    }

    /// <summary>What the call under way kept from leaving waited for its linger once that call was over.</summary>
    [Fact]
    public async Task Flush_WhereAllCallsAreUnderWay_SendsTheRestWithoutLinger()
    {
        await using var harness = new PipelineHarness(configure: o =>
            (o.MaxConnections, o.AggregationEnabled, o.RecordMaxBufferedTime) = (1, false, TimeSpan.FromSeconds(10)));
        var answer = new TaskCompletionSource();
        harness.Kinesis.BeforePut = async (_, ct) => await answer.Task.WaitAsync(ct);
        var first = await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger);
        await harness.PassAsync(TimeSpan.FromMilliseconds(50), 5);
        Assert.Single(harness.Kinesis.Calls);
        var second = await harness.EnqueueAsync(PipelineHarness.Record(1));

        var flush = harness.Producer.FlushAsync();
        await harness.PassAsync(TimeSpan.FromMilliseconds(50), 5);
        var before = harness.Time.GetTimestamp();
        answer.SetResult();
        await harness.DriveAsync(flush);

        Assert.True((await first).IsSuccess && (await second).IsSuccess);
        Assert.True(harness.Time.GetElapsedTime(before) < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Flush_UnderConstantInflow_Converges()
    {
        await using var harness = new PipelineHarness();
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        var calls = new List<TaskCompletionSource>();
        harness.Kinesis.BeforePut = async (_, _) => await Task.Yield();
        var first = await harness.EnqueueAsync(PipelineHarness.Record(1));

        var flush = harness.Producer.FlushAsync();
        var later = new List<Task<RecordResult>>();
        for (var i = 0; !flush.IsCompleted; i++)
        {
            Assert.True(i < 10_000, "the flush waits for what came after it");
            later.Add(await harness.EnqueueAsync(PipelineHarness.Record(i)));
            await PipelineHarness.SettleAsync();
        }

        Assert.True(first.IsCompletedSuccessfully);
        Assert.Contains(later, d => !d.IsCompleted);
    }

    [Fact]
    public async Task Flush_OfAnUnknownStreamOrNothing_CompletesAtOnce()
    {
        await using var harness = new PipelineHarness();

        Assert.True(harness.Producer.FlushAsync("never-used").IsCompletedSuccessfully);
        Assert.True(harness.Producer.FlushAsync().IsCompletedSuccessfully);
    }

    /// <summary>Its owner has the memory back before the record is taken from it: the flush waited for that record for ever.</summary>
    [Fact]
    public async Task Flush_AfterARecordWhoseDataCannotBeRead_WaitsForNothing()
    {
        await using var harness = new PipelineHarness();
        using var memory = new OwnedMemory(1) { IsTakenBack = true };

        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, new UserRecord("key", memory.Memory)));

        await harness.DriveAsync(harness.Producer.FlushAsync());
        Assert.Equal(0, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes)); // each such record kept its memory for ever
    }

    /// <summary>The put threw, and its caller put all of it again, though the parts before that record were accepted and delivered.</summary>
    [Fact]
    public async Task Put_WhereARecordOfALaterPartCannotBeRead_FailsThatRecordAlone()
    {
        await using var harness = new PipelineHarness();
        using var memory = new OwnedMemory(1) { IsTakenBack = true };
        UserRecord[] records = [.. PipelineHarness.Records(3_000)];
        records[2_500] = new UserRecord("key", memory.Memory);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());

        Assert.Equal(nameof(ObjectDisposedException), Assert.Single(results, static r => !r.IsSuccess).ErrorCode);
        Assert.Equal(nameof(ObjectDisposedException), results[2_500].ErrorCode);
        Assert.Equal((2_999, 0), (harness.Producer.GetLedger(PipelineHarness.Stream).Accepted, harness.Producer.OutstandingBytes));
    }

    [Fact]
    public async Task Flush_Cancelled_EndsTheWaitingOnly()
    {
        await using var harness = new PipelineHarness();
        var open = new TaskCompletionSource();
        harness.Kinesis.BeforePut = async (_, _) => await open.Task;
        var delivery = await harness.EnqueueAsync(PipelineHarness.Record(1));
        using var cancel = new CancellationTokenSource();

        var flush = harness.Producer.FlushAsync(cancellationToken: cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        open.SetResult();
        Assert.True((await harness.DriveAsync(delivery)).IsSuccess);
    }

    [Fact]
    public async Task Dispose_DeliversWhatWasAccepted()
    {
        var harness = new PipelineHarness();
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 1_000; i++)
            deliveries.Add(await harness.EnqueueAsync(PipelineHarness.Record(i)));

        await harness.DisposeAsync();

        Assert.All(deliveries, d => Assert.True(d.IsCompletedSuccessfully && d.Result.IsSuccess));
    }

    /// <summary>Kinesis applied the call, and its answer is still on its way. What was never sent did fail.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task Dispose_PastTheDrainLimit_CallsUnderWayEndAsUnknown(OrderedMode mode)
    {
        var harness = new PipelineHarness(shards: 1, o => (o.Ordered, o.MaxConnections, o.DrainTimeout) = (mode, 1, TimeSpan.FromSeconds(1)));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.BeforePut = async (entries, ct) =>
        {
            harness.Kinesis.ApplyLate(entries);
            await Task.Delay(Timeout.Infinite, ct);
        };
        var sent = await harness.EnqueueAsync(PipelineHarness.Record(1), PutOptions.WithoutLinger);
        await harness.JumpAsync(TimeSpan.FromMilliseconds(1));
        var unsent = await harness.EnqueueAsync(PipelineHarness.Record(2));

        await harness.DisposeAsync();

        var (unknown, failed) = (await sent, await unsent);
        Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.Shutdown), (unknown.Status, unknown.ErrorCode));
        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Shutdown, "key-2"), (failed.Status, failed.ErrorCode, failed.Record?.PartitionKey));
        Assert.Equal("key-1", unknown.Record?.PartitionKey);
        Assert.Contains(harness.Events.Said, static s => s.StartsWith("drain cut", StringComparison.Ordinal));
        Assert.Equal((1, 0), (harness.Kinesis.CountOf("key-1"), harness.Kinesis.CountOf("key-2")));
        Assert.Equal(new StreamLedger(3, 1, 1, 1, 0, 0, 0), harness.Producer.GetLedger(PipelineHarness.Stream));
    }

    [Fact]
    public async Task AfterDispose_EveryCallSaysSo()
    {
        var harness = new PipelineHarness();
        await harness.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(1)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(2)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Producer.FlushAsync());
        await harness.Producer.DisposeAsync();
    }

    /// <summary>The log had that a handler threw, also where there was none, and handlers heard nothing of what the stop ended.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_WithoutTimeToDrain_TellsFailuresAndBlamesNoHandler(bool hasHandler)
    {
        var harness = new PipelineHarness(configure: static o => o.DrainTimeout = TimeSpan.Zero);
        harness.Kinesis.BeforePut = static async (_, ct) => await Task.Delay(Timeout.Infinite, ct);
        var heard = new List<string?>();
        if (hasHandler)
            harness.Producer.RecordFailed += failure => heard.Add(failure.Result.ErrorCode);
        await harness.EnqueueAsync(PipelineHarness.Record(1));

        await harness.DisposeAsync();

        Assert.Equal(hasHandler ? [RecordErrorCodes.Shutdown] : (string?[])[], heard);
        Assert.DoesNotContain(harness.Events.Said, static said => said.EndsWith(" threw", StringComparison.Ordinal));
    }

    /// <summary>A drain that is a part of a longer stop ends with the stop, and never later than by itself.</summary>
    [Theory]
    [InlineData(3_600, 0)]
    [InlineData(2, 3_600)]
    public async Task Dispose_WhereTheStopHasATimeOfItsOwn_EndsRecordsWithTheFirstOfBoth(int drainSeconds, int stopSeconds)
    {
        var harness = new PipelineHarness(configure: o => o.DrainTimeout = TimeSpan.FromSeconds(drainSeconds));
        harness.Kinesis.BeforePut = static async (_, ct) => await Task.Delay(Timeout.Infinite, ct);
        var delivery = await harness.EnqueueAsync(PipelineHarness.Record(1, 100));
        harness.Producer.LimitDrainTo(new StopBudget(TimeSpan.FromSeconds(stopSeconds), TimeSpan.FromSeconds(drainSeconds), harness.Time));
        var before = harness.Time.GetTimestamp();

        await harness.DisposeAsync();

        Assert.Equal(RecordErrorCodes.Shutdown, (await delivery).ErrorCode);
        Assert.True(harness.Time.GetElapsedTime(before) < TimeSpan.FromMinutes(1));
    }
}
