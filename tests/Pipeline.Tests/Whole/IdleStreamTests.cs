using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Streams that nobody uses close, and come back by themselves.</summary>
public sealed class IdleStreamTests
{
    private const string Stream = PipelineHarness.Stream;
    private const int StepMs = 10_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task AnIdleStream_Closes_AndTheNextPutOpensItAgain()
    {
        await using var harness = NewHarness();
        await PutAsync(harness, 3);

        await harness.PassAsync(Limit + Limit / 5, StepMs);
        Assert.Empty(harness.Producer.Streams);
        Assert.Equal(3, harness.Producer.GetLedger(Stream).Delivered);

        await PutAsync(harness, 4);
        Assert.Single(harness.Producer.Streams);
        Assert.Equal((7, 7), (harness.Producer.GetLedger(Stream).Accepted, harness.Producer.GetLedger(Stream).Delivered));
        Assert.Equal(7, harness.Producer.ReadLedger().Delivered);
    }

    [Fact]
    public async Task AStreamInUse_StaysOpen()
    {
        await using var harness = NewHarness();
        await PutAsync(harness, 1);
        var stream = harness.Producer.Find(Stream);
        for (var i = 0; i < 5; i++)
        {
            await harness.PassAsync(Limit / 2, StepMs);
            await PutAsync(harness, 1);
        }

        Assert.Same(stream, harness.Producer.Find(Stream));
    }

    [Fact]
    public async Task AStreamWhoseRecordsAreUnderWay_StaysOpenUntilTheyHaveEnded()
    {
        await using var harness = NewHarness(static o => (o.RecordTtl, o.RequestTimeout) = (TimeSpan.FromHours(1), TimeSpan.FromHours(1)));
        var answer = harness.Kinesis.HoldPuts();
        var delivery = await harness.EnqueueAsync(PipelineHarness.Record(1));

        await harness.PassAsync(2 * Limit, StepMs);
        Assert.Single(harness.Producer.Streams);
        answer.SetResult();
        Assert.True((await harness.DriveAsync(delivery)).IsSuccess);

        await harness.PassAsync(Limit / 5, StepMs);
        Assert.Empty(harness.Producer.Streams);
    }

    /// <summary>Names that somebody made up had their failures kept for as long as the process ran.</summary>
    [Fact]
    public async Task LastFailures_OfStreamsThatAreNotThere_GoWithTheirLedger()
    {
        await using var harness = NewHarness();
        harness.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no", 400);
        var failures = new RecentFailures(harness.Time, keepsKeys: false);
        harness.Producer.KeepFailures(failures);
        for (var i = 0; i <= StreamLedgers.MostUnused; i++)
        {
            var result = await harness.DriveAsync(harness.Producer.PutAsync($"made-up-{i}", PipelineHarness.Record(i)).AsTask());
            Assert.Equal(RecordErrorCodes.ResourceNotFound, result.ErrorCode);
        }

        await harness.PassAsync(Limit + Limit / 5, StepMs);

        Assert.Empty(harness.Producer.Streams);
        var kept = harness.Producer.Ledgers.Select(static l => l.Key).ToHashSet();
        Assert.Equal(StreamLedgers.MostUnused, kept.Count);
        for (var i = 0; i <= StreamLedgers.MostUnused; i++)
            Assert.Equal(kept.Contains($"made-up-{i}") ? 1 : 0, failures.Page($"made-up-{i}", 0, 1).Next);
    }

    /// <summary>AWS denies whatever the identity has no rights to: a name that somebody made up left health degraded until the process ended.</summary>
    [Fact]
    public async Task ANameThatIsDenied_AndNeverTookARecord_Closes()
    {
        await using var harness = NewHarness();
        Deny(harness);
        var result = await harness.DriveAsync(harness.Producer.PutAsync("made-up", PipelineHarness.Record(1)).AsTask(), 100);
        Assert.Equal(RecordErrorCodes.Expired, result.ErrorCode);
        Assert.Equal(["made-up"], harness.Producer.Health.DegradedStreams);

        await harness.PassAsync(Limit + Limit / 5, StepMs);

        Assert.Null(harness.Producer.Find("made-up"));
        Assert.Null(harness.Producer.Health.DegradedSince);
    }

    [Fact]
    public async Task AStreamThatIsDenied_AfterItTookRecords_StaysOpen()
    {
        await using var harness = NewHarness();
        await PutAsync(harness, 1);
        Deny(harness);
        Assert.False((await harness.DriveAsync(harness.Producer.PutAsync(Stream, PipelineHarness.Record(2)).AsTask(), 100)).IsSuccess);

        await harness.PassAsync(Limit + Limit / 5, StepMs);

        Assert.Equal([Stream], harness.Producer.Health.DegradedStreams);
    }

    /// <summary>Its caller has nothing in the ledger yet, but it uses the stream.</summary>
    [Fact]
    public async Task AStreamWhoseCallerWaitsForMemory_StaysOpen()
    {
        await using var harness = NewHarness(static o =>
            (o.RecordTtl, o.RequestTimeout, o.MaxOutstandingRecords) = (TimeSpan.FromHours(1), TimeSpan.FromHours(1), 10));
        var answer = harness.Kinesis.HoldPuts();
        var others = harness.Producer.PutAsync("others", PipelineHarness.Records(10)).AsTask();
        await harness.PassAsync(TimeSpan.FromMinutes(1), StepMs);
        var waiting = harness.Producer.PutAsync(Stream, PipelineHarness.Record(1)).AsTask();

        await harness.PassAsync(2 * Limit, StepMs);
        Assert.Equal(0, harness.Producer.GetLedger(Stream).Accepted);
        answer.SetResult();

        Assert.True((await harness.DriveAsync(waiting)).IsSuccess);
        await harness.DriveAsync(others);
    }

    [Fact]
    public async Task AStreamWithAnAnnouncedReshard_StaysOpenAsLongAsThatIsValid()
    {
        await using var harness = NewHarness();
        await PutAsync(harness, 1);
        await harness.PassAsync(Limit * 0.8, StepMs);
        await harness.DriveAsync(harness.Producer.AnnounceBoundaries(Stream, [UInt128.One << 100]));

        await harness.PassAsync(Limit * 0.8, StepMs);
        Assert.Single(harness.Producer.Streams);
        await harness.PassAsync(Limit * 0.8, StepMs);
        Assert.Empty(harness.Producer.Streams);
    }

    /// <summary>The sender's timer kept all of it for as long as the records might have lived that waited for a call to end.</summary>
    [Fact]
    public async Task AStreamThatHasClosed_GivesItsMemoryBack()
    {
        await using var harness = NewHarness(static o => (o.MaxConnections, o.RecordTtl) = (1, TimeSpan.FromDays(1)));
        var closed = await UseOnceAsync(harness);
        await harness.PassAsync(Limit + Limit / 5, StepMs);
        Assert.Empty(harness.Producer.Streams);

        // Timers and tasks of the stream that are due now let go of it.
        await harness.PassAsync(TimeSpan.FromMinutes(1), StepMs);
        for (var i = 0; i < 10 && closed.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(closed.IsAlive);
    }

    /// <summary>Of two streams one takes half of the memory at most; alone it has all of it again.</summary>
    [Fact]
    public async Task AStreamThatHasClosed_LeavesItsShareOfTheMemoryToTheOthers()
    {
        await using var harness = NewHarness(static o => o.MaxOutstandingRecords = 100);
        await harness.DriveAsync(harness.Producer.PutAsync("idle", PipelineHarness.Record(1)).AsTask());
        await harness.PassAsync(Limit + Limit / 5, StepMs);
        harness.Kinesis.BeforePut = async (_, ct) => await Task.Delay(TimeSpan.FromSeconds(2), harness.Time, ct);

        var put = harness.Producer.EnqueueAsync(Stream, PipelineHarness.Records(80), new PutOptions { Identity = "one", AcceptTimeout = TimeSpan.Zero });

        Assert.True(put.IsCompletedSuccessfully);
        await harness.DriveAsync((await put).Delivery);
    }

    [Fact]
    public async Task AProducerThatDrainsWhileAStreamCloses_EndsOnce()
    {
        var harness = NewHarness();
        await PutAsync(harness, 1);
        await harness.PassAsync(Limit, StepMs);
        harness.Time.Advance(Limit / 10);

        await harness.DisposeAsync();

        Assert.Equal(1, harness.Producer.ReadLedger().Delivered);
    }

    /// <summary>Threads put while the stream closes again and again: none is refused, lost or counted twice.</summary>
    [Fact]
    public async Task PutsThatRaceWithClosing_AreAllDelivered()
    {
        const int Rounds = 40, Writers = 3, PutsInARound = 6;
        var kinesis = new FakeKinesis(shards: 1);
        var options = new KplOptions { AggregationEnabled = false, RecordMaxBufferedTime = TimeSpan.Zero };
        await using var producer = new ProducerPipeline(options, kinesis, new RecordingEvents(), TimeProvider.System, new Random(1));
        using var closed = new ManualResetEventSlim();
        producer.CloseIdleStreams(TimeSpan.FromMilliseconds(1), closed: _ => closed.Set());
        using var round = new Barrier(Writers, _ => closed.Reset());

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Factory.StartNew(() => Write(w), TaskCreationOptions.LongRunning)));

        const int All = Rounds * Writers * PutsInARound;
        Assert.Equal((All, All), (producer.ReadLedger().Accepted, producer.ReadLedger().Delivered));
        Assert.Equal(All, kinesis.Records.Count);
        Assert.True(kinesis.Listings > Rounds / 2, $"the stream was opened {kinesis.Listings} times only");

        void Write(int writer)
        {
            var random = new Random(writer);
            var blocking = new BlockingKplProducer(producer);
            for (var i = 0; i < Rounds; i++)
            {
                round.SignalAndWait();
                // The first comes while the stream may just be closing, the others find it gone.
                if (writer == 0)
                    Thread.SpinWait(random.Next(100_000));
                else
                    Assert.True(closed.Wait(Waiting.Long));
                for (var put = 0; put < PutsInARound; put++)
                {
                    var result = blocking.Put(Stream, PipelineHarness.Record(put));
                    Assert.True(result.IsSuccess, result.ErrorMessage);
                }
            }
        }
    }

    private static PipelineHarness NewHarness(Action<KplOptions>? configure = null)
    {
        var harness = new PipelineHarness(configure: configure);
        harness.Producer.CloseIdleStreams(Limit);
        return harness;
    }

    private static void Deny(PipelineHarness harness)
    {
        harness.Kinesis.BeforeList = static _ => throw Denied();
        harness.Kinesis.BeforePut = static (_, _) => throw Denied();

        static KinesisException Denied() => new(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
    }

    private static async Task PutAsync(PipelineHarness harness, int count)
    {
        var results = await harness.DriveAsync(harness.Producer.PutAsync(Stream, PipelineHarness.Records(count)).AsTask());
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ErrorMessage));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseOnceAsync(PipelineHarness harness)
    {
        await PutAsync(harness, 3);
        harness.Kinesis.BeforePut = async (_, ct) => await Task.Delay(TimeSpan.FromSeconds(1), harness.Time, ct);
        var first = await harness.EnqueueAsync(PipelineHarness.Record(1), PutOptions.WithoutLinger);
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        var second = await harness.EnqueueAsync(PipelineHarness.Record(2), PutOptions.WithoutLinger);
        await harness.DriveAsync(Task.WhenAll(first, second));
        return new WeakReference(harness.Producer.Find(Stream)!);
    }
}
