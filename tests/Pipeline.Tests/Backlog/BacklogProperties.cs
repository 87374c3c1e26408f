using FsCheck.Fluent;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Whatever load, crashes and faults: nothing that was acknowledged as persisted is missing in the end.</summary>
public sealed class BacklogProperties
{
    [Fact]
    public Task Acknowledged_WhateverHappens_IsDeliveredInTheEnd() => CheckAsync(25);

    [Fact]
    [Trait("Category", "Long")]
    public Task Acknowledged_WhateverHappens_IsDeliveredInTheEnd_ManyMore() => CheckAsync(500);

    [Theory]
    [InlineData(891_939_122)]
    public Task Acknowledged_InRunsThatFailedOnce_IsDeliveredInTheEnd(int seed) => RunAsync(seed);

    private static Task CheckAsync(int loads) => OwnThread.CheckAsync(Gen.Choose(0, int.MaxValue).ToArbitrary(), RunAsync, loads);

    private static async Task<bool> RunAsync(int seed)
    {
        var random = new Random(seed);
        await using var harness = new BacklogHarness(random.Next(1, 5), o =>
        {
            o.RecordTtl = TimeSpan.FromSeconds(random.Next(2, 10));
            o.DrainTimeout = TimeSpan.FromSeconds(1);
            o.MaxOutstandingBytes = random.Next(20_000, 400_000);
            o.HighWaterMode = (HighWaterMode)random.Next(3);
            o.AckLevel = (AckLevel)random.Next(3);
            o.Ordered = random.Next(4) == 0 ? OrderedMode.PutRecords : OrderedMode.Off;
        });
        harness.Store.MaxAppends = random.Next(1, 5);
        harness.Store.TargetSegmentBytes = random.Next(2_000, 100_000);
        var promised = new HashSet<string>();
        var next = 0;
        var putting = new List<Task>();
        for (var step = 0; step < 40; step++)
        {
            switch (random.Next(12))
            {
                case < 5:
                    putting.Add(PutAsync(
                        harness, promised, Enumerable.Range(next, random.Next(1, 200)).Select(i => PipelineHarness.Record(i, random.Next(20, 600)))
                        .ToArray(), random));
                    next += 200;
                    break;
                case 5:
                    harness.Kinesis.BeforePut = Fault(random.Next(4), harness);
                    break;
                case 6:
                    harness.Store.IsDown = random.Next(2) == 0;
                    break;
                case 7:
                    harness.Store.LosesAcknowledgements = random.Next(3) == 0;
                    break;
                case 8:
                    harness.Store.IsFull = random.Next(3) == 0;
                    break;
                case 9 when random.Next(2) == 0:
                    harness.Crash();
                    break;
                case 10 when random.Next(3) == 0:
                    harness.Kinesis.Reshard(FakeKinesis.Even(random.Next(1, 6), 100 * (step + 1)));
                    break;
                default:
                    await harness.PassAsync(TimeSpan.FromMilliseconds(random.Next(2_000)), stepMs: 20);
                    break;
            }
        }

        harness.Store.IsDown = harness.Store.LosesAcknowledgements = harness.Store.IsFull = false;
        harness.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        await harness.PassAsync(TimeSpan.FromSeconds(3), stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Ledger is { InFlight: 0, InBacklog: 0 } && harness.Store.SegmentsOf(BacklogHarness.Stream).Count == 0,
            stepMs: 20);
        var seen = harness.Seen;
        List<string> missing;
        lock (promised)
            missing = [.. promised.Where(d => !seen.ContainsKey(d))];
        Assert.True(missing.Count == 0, $"seed {seed}: {missing.Count} of {promised.Count} are missing, {harness.Ledger} {string.Join('|', missing.Take(3).Select(static d => d[..Math.Min(16, d.Length)]))}");
        Assert.Equal(0, harness.Ledger.DeadLettered);
        return true;
    }

    private static async Task PutAsync(BacklogHarness harness, HashSet<string> promised, UserRecord[] records, Random random)
    {
        var options = random.Next(3) == 0 ? null : new PutOptions { AckLevel = (AckLevel)random.Next(3) };
        var level = options?.AckLevel ?? harness.Options.AckLevel;
        var enqueued = await harness.Producer.EnqueueAsync(BacklogHarness.Stream, records, options);
        await enqueued.Delivery;
        for (var i = 0; i < records.Length; i++)
        {
            if (enqueued.Results[i].Status is RecordStatus.Persisted or RecordStatus.Delivered)
            {
                lock (promised)
                    promised.Add(System.Text.Encoding.UTF8.GetString(records[i].Data.Span));
            }

            Assert.True(level == AckLevel.Accepted || enqueued.Results[i].Status != RecordStatus.Accepted);
        }
    }

    private static Func<ReadOnlyMemory<PutRecordsEntry>, CancellationToken, ValueTask> Fault(int kind, BacklogHarness harness) => kind switch
    {
        0 => static (_, _) => ValueTask.CompletedTask,
        1 => static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down"),
        2 => async (_, token) => await Task.Delay(TimeSpan.FromMilliseconds(300), harness.Time, token),
        _ => static (_, _) => throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, "late"),
    };
}
