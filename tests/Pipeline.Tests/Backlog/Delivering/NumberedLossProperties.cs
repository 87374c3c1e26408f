using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Delivering;

/// <summary>
/// Whatever happens to Kinesis and to the store, each number that was given is there in the end, or is that of a record that failed or was set aside.
/// Before the end it may wait, and its producer tells so.
/// </summary>
public sealed class NumberedLossProperties
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task NumbersThatWereGiven_WhateverHappens_AreAllKnown(int seed)
    {
        var random = new Random(seed);
        await using var harness = new BacklogHarness(random.Next(1, 5), o =>
        {
            o.ProducerNumbers = true;
            o.Ordered = seed % 4 == 0 ? OrderedMode.PutRecords : OrderedMode.Off;
            o.RecordTtl = TimeSpan.FromSeconds(random.Next(2, 6));
            o.MaxOutstandingBytes = random.Next(20_000, 200_000);
            o.HighWaterMode = (HighWaterMode)random.Next(3);
        });
        (harness.Store.MaxAppends, harness.Store.TargetSegmentBytes) = (random.Next(1, 5), random.Next(2_000, 40_000));
        var failures = new RecentFailures(harness.Time, keepsKeys: false);
        harness.Producer.KeepFailures(failures);
        List<Task> putting = [];
        for (var step = 0; step < 40; step++)
        {
            var kind = random.Next(10);
            if (kind < 4)
                putting.Add(PutAsync(harness, step, random));
            else if (kind == 4)
                harness.Kinesis.BeforePut = Fault(random.Next(3));
            else if (kind == 5)
                harness.Kinesis.AfterPut = random.Next(2) == 0 ? Lose : static () => ValueTask.CompletedTask;
            else if (kind == 6)
                (harness.Store.IsDown, harness.Store.IsFull) = (random.Next(3) == 0, random.Next(3) == 0);
            else if (kind == 7)
                harness.Store.LosesAcknowledgements = random.Next(3) == 0;
            else if (kind == 8)
                harness.Kinesis.Reshard(FakeKinesis.Even(random.Next(1, 6), 100 * (step + 1)));
            await harness.PassAsync(TimeSpan.FromMilliseconds(random.Next(1_000)), stepMs: 20);
        }

        harness.Store.IsDown = harness.Store.IsFull = harness.Store.LosesAcknowledgements = false;
        harness.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        harness.Kinesis.AfterPut = static () => ValueTask.CompletedTask;
        await harness.DriveAsync(Task.WhenAll(putting), stepMs: 20);
        await harness.EndAllAsync(stepMs: 20);

        // One that was refused for want of memory has no number.
        var failed = failures.Page(BacklogHarness.Stream, 0, RecentFailures.Kept).Failures.Select(static f => f.ProducerNumber);
        var letters = (await harness.Backlog.DeadLetters.ListAsync(0, 1_000, default)).Select(static l => l.ProducerNumber?.ToString());
        var report = harness.VerifyNumbers(failed.Concat(letters));
        Assert.True(
            report is { Missing: 0, UnderWay: 0, LinesWithoutEnd: 0, NotOurs: 0 }, $"{report} {string.Join(' ', report.Faults.Take(3))} {harness.Ledger}");
        Assert.InRange(report.Records, 1, long.MaxValue);
    }

    private static async Task PutAsync(BacklogHarness harness, int step, Random random)
    {
        var records = Enumerable.Range(step * 200, random.Next(1, 100)).Select(i => PipelineHarness.Record(i, random.Next(20, 600))).ToArray();
        var enqueued = await harness.Producer.EnqueueAsync(BacklogHarness.Stream, records, new PutOptions { AckLevel = (AckLevel)random.Next(3) });
        await enqueued.Delivery;
    }

    private static ValueTask Lose() => throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionFailed, "the answer was lost");

    private static Func<ReadOnlyMemory<PutRecordsEntry>, CancellationToken, ValueTask> Fault(int kind) => kind switch
    {
        0 => static (_, _) => ValueTask.CompletedTask,
        1 => static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down"),
        _ => static (_, _) => throw new KinesisException(KinesisFailureKind.Refused, "InternalFailure", "not now", 500),
    };
}
