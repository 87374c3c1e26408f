using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Tests.Tracing;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>.NET runs a program's listeners on the pipeline's threads: what one threw ended records twice, and others never.</summary>
/// <remarks>Tests <see cref="Orleans.Kpl.Pipeline.Telemetry.KplInstruments"/> and <see cref="Pipeline.Tracing.PutSpan"/>.</remarks>
public sealed class ThrowingListenerTests
{
    /// <summary>A call is refused in part, one fails as a whole, and records expire: each metric of a record's way is measured.</summary>
    [Fact]
    public async Task Listener_OfMetrics_HarmsNoRecord()
    {
        await using var harness = new PipelineHarness(shards: 4);
        using var listener = ListenTo(harness.Metrics.Meter);
        var (refused, failed) = (0, 0);
        harness.Kinesis.Refuse = (_, _) => ++refused % 3 == 1 ? new PutRecordsReplyEntry(null, null, "InternalFailure", "broken") : null;
        harness.Kinesis.BeforePut = (_, _) => ++failed == 2 ? throw new KinesisException(KinesisFailureKind.Refused, "ServiceUnavailable", "no", 503) : default;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(200)).AsTask());
        Visible.Check(harness, results);
        var single = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(200)));
        Assert.True(single.IsSuccess);
        harness.Kinesis.GoAway();
        var brief = new PutOptions { TimeToLive = TimeSpan.FromSeconds(1) };
        var expired = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20), brief).AsTask());

        Assert.All(expired, static r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));
        Assert.Equal((201, 20, 0), Ends(harness.Producer.GetLedger(PipelineHarness.Stream)));
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
        Assert.Contains("A listener of the metric UserRecordsReceived threw", harness.Events.Said);
        Assert.Contains("A listener of the metric UserRecordsPut threw", harness.Events.Said);
        Assert.Contains("A listener of the metric RetriesPerRecord threw", harness.Events.Said);
    }

    /// <summary>What a listener throws at a put's begin, at its end and at those of calls.</summary>
    [Theory]
    [InlineData("sample")]
    [InlineData("started")]
    [InlineData("stopped")]
    [InlineData("changed")]
    [InlineData("changed back")]
    public async Task Listener_OfSpans_HarmsNoRecord(string when)
    {
        await using var traced = new TracedProducer();
        using var caller = traced.StartCaller();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == KplDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> o) => OfCaller(o.Parent.TraceId, "sample", ActivitySamplingResult.AllDataAndRecorded),
            ActivityStarted = a => OfCaller(a.TraceId, "started", 0),
            ActivityStopped = a => OfCaller(a.TraceId, "stopped", 0),
        };
        ActivitySource.AddActivityListener(listener);
        Activity.CurrentChanged += OnChanged;

        var results = await traced.Harness.DriveAsync(traced.Harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20)).AsTask());
        var single = await traced.Harness.DriveAsync(await traced.Harness.EnqueueAsync(PipelineHarness.Record(20)));

        Activity.CurrentChanged -= OnChanged;

        Visible.Check(traced.Harness, [.. results, single]);
        Assert.Equal((21, 0, 0), Ends(traced.Harness.Producer.GetLedger(PipelineHarness.Stream)));
        Assert.Contains("A listener of spans threw", traced.Harness.Events.Said);
        Assert.Same(caller, Activity.Current);

        void OnChanged(object? sender, ActivityChangedEventArgs e) =>
            OfCaller((e.Current ?? e.Previous)?.TraceId ?? default, e.Current is null ? "changed back" : "changed", 0);

        // Other tests of this process have callers of their own.
        T OfCaller<T>(ActivityTraceId trace, string now, T result) =>
            now == when && trace == caller.TraceId ? throw new InvalidOperationException("the listener's defect") : result;
    }

    [Fact]
    public async Task Listener_ThatThrowsWhereTheMeterEnds_KeepsNoProducerFromEnding()
    {
        var harness = new PipelineHarness(shards: 1);
        using var listener = ListenTo(harness.Metrics.Meter);
        listener.MeasurementsCompleted = static (_, _) => throw new InvalidOperationException("the listener's defect");

        await harness.DisposeAsync();

        listener.MeasurementsCompleted = null;
        Assert.Contains("A listener of metrics threw", harness.Events.Said);
    }

    private static (long Delivered, long Failed, long Unknown) Ends(StreamLedger ledger) => (ledger.Delivered, ledger.Failed, ledger.Unknown);

    private static MeterListener ListenTo(Meter meter)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter) && !instrument.IsObservable)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("the listener's defect"));
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => throw new InvalidOperationException("the listener's defect"));
        listener.Start();
        return listener;
    }
}
