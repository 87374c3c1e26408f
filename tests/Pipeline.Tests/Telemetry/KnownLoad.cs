namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>The load of <see cref="ExactSinkTests"/>, on fake time: 250 records to each of four shards.</summary>
internal sealed class KnownLoad : IAsyncDisposable
{
    private const string Stream = PipelineHarness.Stream;

    private readonly FakeTimeProvider _time = new();
    private readonly FakeKinesis _kinesis = new(4);
    private readonly RecordingEvents _events = new();
    private readonly ProducerPipeline _producer;

    public KnownLoad(MetricReader reader)
    {
        var options = new KplOptions { AggregationEnabled = false, AdaptiveRate = false };
        _producer = new ProducerPipeline(options, _kinesis, _events, _time, new Random(1), meters: reader);
        Reader = reader;
        KnownTroubles.AddTo(_kinesis);
    }

    private MetricReader Reader { get; }

    /// <summary>Puts the records, waits for their outcomes, and reads the gauges.</summary>
    public async Task<StreamLedger> RunAsync()
    {
        // While the map is not known, no shard holds records back that live so briefly.
        var expiring = await _producer.EnqueueAsync(Stream, KnownTroubles.Records(998, 2), new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(1) });
        var batch = await _producer.EnqueueAsync(Stream, KnownTroubles.Records(0, 998));
        await PipelineHarness.DriveAsync(_time, Task.WhenAll(batch.Delivery, expiring.Delivery));
        Reader.ReadGauges();
        return _producer.GetLedger(Stream);
    }

    public async ValueTask DisposeAsync()
    {
        await PipelineHarness.DriveAsync(_time, _producer.DisposeAsync().AsTask());
        Assert.Empty(_events.Defects);
    }
}
