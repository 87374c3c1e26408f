using Orleans.Kpl.Pipeline.Road.Sending;

namespace Orleans.Kpl.Pipeline.Tests.Road.Sending;

/// <summary><see cref="StreamSender"/> in a whole producer: how its calls go side by side.</summary>
public sealed class StreamSenderTests
{
    [Fact]
    public async Task Calls_AreAtMostMaxConnectionsAtOnce_AndAsManyWhenThereIsWork()
    {
        await using var harness = new PipelineHarness(shards: 4, static o => (o.MaxConnections, o.RateLimit) = (3, 100_000));
        var (under, most) = (0, 0);
        harness.Kinesis.BeforePut = async (_, token) =>
        {
            most = Math.Max(most, ++under);
            await Task.Delay(TimeSpan.FromMilliseconds(100), harness.Time, token);
            under--;
        };

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(500, size: 30_000)).AsTask());

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(3, most);
    }

    /// <summary>80 records of 64 KiB are a full call of 5 MiB.</summary>
    [Theory]
    [InlineData(1, new[] { 79 })]
    [InlineData(5, new[] { 15, 15, 15, 15, 15 })]
    [InlineData(8, new[] { 9, 9, 9, 9, 9, 9, 9, 9 })]
    public async Task FullCall_WhereCallsAreBestMadeTogether_GoesInEqualParts(int best, int[] parts)
    {
        await using var harness = new PipelineHarness(shards: 4, o => (o.MaxConnections, o.RateLimit) = (24, 100_000));
        harness.Kinesis.Parts = (bytes, mayBegin) => (bytes, mayBegin) is (> 5_000_000, 24) ? best : 1;
        var gate = new TaskCompletionSource();
        harness.Kinesis.BeforePut = (_, token) => new ValueTask(gate.Task.WaitAsync(token));
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(80, size: 65_536)).AsTask();
        for (var i = 0; i < 50 && harness.Kinesis.Calls.Count < parts.Length; i++)
            await harness.JumpAsync(TimeSpan.FromMilliseconds(1));

        Assert.Equal(parts, harness.Kinesis.Calls);
        gate.SetResult();
        Assert.All(await harness.DriveAsync(putting), r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(80, harness.Kinesis.Calls.Sum());
    }

    [Fact]
    public async Task SlowCall_HoldsUpNobodyElse()
    {
        await using var harness = new PipelineHarness(shards: 1);
        var slow = new TaskCompletionSource();
        harness.Kinesis.BeforePut = (_, token) => harness.Kinesis.Calls.Count == 1 ? new ValueTask(slow.Task.WaitAsync(token)) : default;
        var first = await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger);
        await FirstCallAsync(harness);

        for (var i = 1; i <= 10; i++)
            Assert.True((await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(i), PutOptions.WithoutLinger))).IsSuccess);

        Assert.False(first.IsCompleted);
        slow.SetResult();
        Assert.True((await harness.DriveAsync(first)).IsSuccess);
    }

    [Fact]
    public async Task Dispose_WhenMoreThanOneCallWaits_EndsEveryRecord()
    {
        await using var harness = new PipelineHarness(
            shards: 4, static o => (o.DrainTimeout, o.MaxConnections, o.CollectionMaxCount, o.AggregationEnabled) = (TimeSpan.FromSeconds(1), 1, 2, false));
        harness.Kinesis.NeverAnswer();
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20)).AsTask();
        await FirstCallAsync(harness);

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);

        Assert.All(await putting, static r => Assert.Equal(RecordErrorCodes.Shutdown, r.ErrorCode));
    }

    /// <summary>It waited for a connection until the calls before it had their time-outs behind them.</summary>
    [Fact]
    public async Task Record_ThatWaitsForACall_ExpiresOnTime()
    {
        await using var harness = new PipelineHarness(shards: 1, static o => o.MaxConnections = 1);
        var slow = new TaskCompletionSource();
        harness.Kinesis.BeforePut = (_, token) => harness.Kinesis.Calls.Count == 1 ? new ValueTask(slow.Task.WaitAsync(token)) : default;
        var first = await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger);
        await FirstCallAsync(harness);
        var expiring = await harness.EnqueueAsync(PipelineHarness.Record(1), new PutOptions { Immediate = true, TimeToLive = TimeSpan.FromSeconds(1) });
        var staying = await harness.EnqueueAsync(PipelineHarness.Record(2), PutOptions.WithoutLinger);

        await harness.PassAsync(TimeSpan.FromSeconds(1.2), stepMs: 100);

        Assert.Equal(RecordErrorCodes.Expired, (await expiring.WaitAsync(TimeSpan.FromSeconds(60))).ErrorCode);
        Assert.False(first.IsCompleted);
        Assert.False(staying.IsCompleted);
        slow.SetResult();
        Assert.True((await harness.DriveAsync(staying)).IsSuccess);
        Assert.Single(harness.Kinesis.Calls.Skip(1));
    }

    /// <summary>It was never sent, and its shard paid for it all the same: it sent nothing for as long as a large record takes.</summary>
    [Fact]
    public async Task Record_ThatExpiresBeforeItsCall_LeavesItsTokensToOthers()
    {
        await using var harness = new PipelineHarness(shards: 1, static o => (o.MaxConnections, o.RateLimit) = (1, 10));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        var answer = harness.Kinesis.HoldPuts();
        var first = await harness.EnqueueAsync(PipelineHarness.Record(1), PutOptions.WithoutLinger);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        var large = await harness.EnqueueAsync(PipelineHarness.Record(2, 900_000), new PutOptions { Immediate = true, TimeToLive = TimeSpan.FromSeconds(2) });
        await harness.PassAsync(TimeSpan.FromSeconds(2.2), stepMs: 100);
        Assert.Equal((2, true, false), (harness.Kinesis.Calls.Count, large.IsCompletedSuccessfully, first.IsCompletedSuccessfully));

        answer.SetResult();
        var next = await harness.EnqueueAsync(PipelineHarness.Record(3), PutOptions.WithoutLinger);
        await harness.PassAsync(TimeSpan.FromMilliseconds(200));

        Assert.Equal((true, true), (first.IsCompletedSuccessfully, next.IsCompletedSuccessfully));
        Assert.Equal(RecordErrorCodes.Expired, (await large).ErrorCode);
    }

    private static async Task FirstCallAsync(PipelineHarness harness)
    {
        await PipelineHarness.SettleAsync();
        while (harness.Kinesis.Calls.IsEmpty)
            await harness.JumpAsync(TimeSpan.FromMilliseconds(1));
    }
}
