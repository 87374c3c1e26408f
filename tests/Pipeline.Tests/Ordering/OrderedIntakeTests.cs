using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Ordering;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>What one caller puts, awaiting or not, is accepted in that order.</summary>
public sealed class OrderedIntakeTests
{
    private const int Records = 4_000;

    [Fact]
    public async Task Put_WhenSinglesAndBatchesMixAndNobodyAwaits_KeepsTheOrder()
    {
        await using var harness = Ordered();
        var enqueuing = new List<Task>();
        for (var next = 0; next < Records;)
        {
            enqueuing.Add(SingleAsync(next++));
            var batch = Enumerable.Range(next, 1_500).Select(i => InOrder.Record(i, 4, size: 1_000)).ToArray();
            next += batch.Length;
            enqueuing.Add(BatchAsync(batch));
        }

        Assert.True(enqueuing.Count(static e => !e.IsCompleted) > 1, "there was room for all");
        await harness.DriveAsync(Task.WhenAll(enqueuing), 20);
        var seen = InOrder.FirstSeen(harness).Select(r => r.Number).ToList();
        Assert.Equal(Enumerable.Range(0, seen.Count), seen);
        Assert.InRange(seen.Count, Records, Records + 1_500);

        async Task SingleAsync(int number) =>
            Assert.True((await (await harness.Producer.EnqueueAsync(PipelineHarness.Stream, InOrder.Record(number, 4))).Delivery).IsSuccess);

        async Task BatchAsync(UserRecord[] records)
        {
            using var batch = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, records);
            await batch.Delivery;
            Assert.All(batch.Results.ToArray(), r => Assert.True(r.IsSuccess));
        }
    }

    [Fact]
    public async Task Put_WhenACallerInLineGivesUp_TheOthersKeepTheirPlaces()
    {
        await using var harness = Ordered();
        var enqueuing = new List<Task<EnqueuedRecord>>();
        using var stop = new CancellationTokenSource();
        for (var i = 0; i < Records; i++)
            enqueuing.Add(harness.Producer.EnqueueAsync(PipelineHarness.Stream, InOrder.Record(i, 4, 1_000), null, i % 7 == 0 ? stop.Token : default).AsTask());
        await stop.CancelAsync();
        await harness.DriveAsync(Task.WhenAll(enqueuing).ContinueWith(static _ => { }, TaskScheduler.Default), 20);
        var accepted = enqueuing.Where(e => e.IsCompletedSuccessfully).Select(e => e.Result.Delivery).ToList();
        await harness.DriveAsync(Task.WhenAll(accepted), 20);
        Assert.InRange(accepted.Count, Records * 6 / 7, Records - 1);
        var seen = InOrder.FirstSeen(harness).Select(r => r.Number).ToList();
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(accepted.Count, seen.Count);
    }

    [Fact]
    public async Task Put_WhenTheKeyIsUnfit_LeavesTheWayFreeForTheNext()
    {
        await using var harness = Ordered();
        await Assert.ThrowsAsync<RecordValidationException>(
            async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, new UserRecord("", default)));
        Assert.True((await harness.DriveAsync(await harness.EnqueueAsync(InOrder.Record(0, 1)))).IsSuccess);
    }

    [Fact]
    public async Task Put_WhenTheProducerIsDisposed_TurnsAwayWhoStandsInLine()
    {
        var harness = Ordered();
        harness.Kinesis.BeforePut = static async (_, token) => await Task.Delay(Timeout.Infinite, token);
        var enqueuing = Enumerable.Range(0, Records)
            .Select(i => harness.Producer.EnqueueAsync(PipelineHarness.Stream, InOrder.Record(i, 4, size: 1_000)).AsTask()).ToList();
        await harness.DisposeAsync();
        await Task.WhenAll(enqueuing).ContinueWith(static _ => { }, TaskScheduler.Default);
        var turnedAway = enqueuing.Where(e => e.IsFaulted).Select(e => Assert.IsType<ObjectDisposedException>(e.Exception!.InnerException)).ToList();
        Assert.NotEmpty(turnedAway);
        // One exception that all shared grew by a stack trace with each: 3,000 callers took ten seconds of the processor.
        Assert.Distinct(turnedAway, ReferenceEqualityComparer.Instance);
        Assert.All(enqueuing.Where(e => e.IsCompletedSuccessfully), e => Assert.True(e.Result.Delivery.IsCompleted));
    }

    /// <summary>
    /// In an outage the one inside may wait for hours, and a caller who puts for a request gives up after seconds: each stayed in the line, which no limit
    /// counts, until the one inside left.
    /// </summary>
    [Fact]
    public async Task Caller_WhoGivesUp_LeavesTheLineAtOnce()
    {
        var line = new AsyncFifoLock();
        await line.EnterAsync(CancellationToken.None);
        var gaveUp = await GiveUpAsync(line);
        var next = line.EnterAsync(CancellationToken.None).AsTask();

        await Task.Yield(); // off the stack of the one who gave up
        GC.Collect();
        Assert.False(gaveUp.IsAlive);
        line.Leave();
        await next.WaitAsync(Waiting.Long);
        Assert.True(line.IsTaken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> GiveUpAsync(AsyncFifoLock line)
    {
        using var stop = new CancellationTokenSource();
        var waiting = line.EnterAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        return new WeakReference(stop);
    }

    private static PipelineHarness Ordered() => new(1, static o =>
        (o.Ordered, o.MaxOutstandingBytes, o.DrainTimeout) = (OrderedMode.PutRecords, 1 << 20, TimeSpan.FromSeconds(1)));
}
