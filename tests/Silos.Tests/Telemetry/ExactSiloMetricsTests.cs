using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Silos.Tests.Nodes;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Telemetry;

/// <summary>The load whose every value is known, through silos and through a client of theirs: every sink has it at each level and granularity.</summary>
public sealed class ExactSiloMetricsTests
{
    private static readonly PutOptions Brief = new() { TimeToLive = TimeSpan.FromMilliseconds(1) };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task KnownLoad_ThroughSilos_HasTheWrittenValues_InEverySink(int silos)
    {
        using var meters = new TestMeters();
        var listeners = KnownValues.Listen(meters);
        await using (var world = NewWorld(meters))
        {
            // Two records expire before the shard map is known.
            var listing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            world.Kinesis.BeforeList = async stop => await listing.Task.WaitAsync(stop);
            var front = await world.StartAsync();
            for (var i = 1; i < silos; i++)
                await world.StartAsync();
            AssertExpired(await PutAsync(front.Node.Producer, KnownTroubles.Records(998, 2), Brief));
            listing.SetResult();
            AssertEnded(await PutAsync(front.Node.Producer, KnownTroubles.Records(0, 998)));
            Assert.All(world.Silos, static s => Assert.NotEqual(0, s.Node.Hosted.Count));
        }

        await AssertAsync(new KnownValues(KnownValues.OfSilos), listeners);
    }

    [Fact]
    public async Task KnownLoad_ThroughAClient_HasTheWrittenValues_InEverySinkOfBoth()
    {
        using var ofSilos = new TestMeters();
        using var ofClient = new TestMeters();
        var (listeners, clientListeners) = (KnownValues.Listen(ofSilos), KnownValues.Listen(ofClient));
        await RunThroughAClientAsync(ofSilos, ofClient);

        await AssertAsync(new KnownValues(KnownValues.OfSilosOfAClient), listeners);
        await AssertAsync(new KnownValues(KnownValues.OfAClient), clientListeners);
    }

    [Theory]
    [InlineData("UserRecordsReceived")]
    [InlineData("UserRecordsPut")]
    [InlineData("UserRecordsFailed")]
    [InlineData("UserRecordExpired")]
    public async Task Instrument_ListenedToAlone_HasTheWrittenValues_AtSilosAndTheirClient(string name)
    {
        using var ofSilos = new MetricReader(name);
        using var ofClient = new MetricReader(name);
        await RunThroughAClientAsync(ofSilos, ofClient);
        Assert.Equal(SumsOf(KnownValues.OfSilosOfAClient, name), SumsOf(ofSilos));
        Assert.Equal(SumsOf(KnownValues.OfAClient, name), SumsOf(ofClient));
    }

    private static async Task RunThroughAClientAsync(IMeterFactory ofSilos, IMeterFactory ofClient)
    {
        await using var world = NewWorld(ofSilos);
        await world.StartAsync();
        await world.StartAsync();
        // Two records expire before a silo can be reached.
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new ClientPipeline(
            new KplOptions(), new WorldLanes(world, opened.Task), new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false),
            NullLogger.Instance, TimeProvider.System, Guid.NewGuid, meters: ofClient);
        AssertExpired(await PutAsync(client, KnownTroubles.Records(998, 2), Brief));
        opened.SetResult();
        AssertEnded(await PutAsync(client, KnownTroubles.Records(0, 998)));
    }

    private static IEnumerable<(string, double)> SumsOf(IEnumerable<KnownValues.Row> rows, string name) => rows.Where(r => r.Name == name && r.Sum > 0)
        .Select(static r => (r.Shard is null ? "" : $"ShardId={r.Shard}", r.Sum)).Order();

    private static IEnumerable<(string, double)> SumsOf(MetricReader reader) => reader.All.Select(static s => (s.Key.Tags, s.Value.Total)).Order();

    private static NodeWorld NewWorld(IMeterFactory meters)
    {
        var world = new NodeWorld(4, static o => (o.AggregationEnabled, o.AdaptiveRate, o.RateLimit) = (false, false, 100_000)) { Meters = meters };
        KnownTroubles.AddTo(world.Kinesis);
        return world;
    }

    private static async Task<RecordResult[]> PutAsync(IKplProducer producer, UserRecord[] records, PutOptions? options = null) =>
        await producer.PutAsync(NodeWorld.Stream, records, options).AsTask().WaitAsync(Waiting.Long);

    private static void AssertExpired(RecordResult[] results) => Assert.All(results, static r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));

    private static void AssertEnded(RecordResult[] results) =>
        Assert.Equal((993, 5), (results.Count(static r => r.IsSuccess), results.Count(static r => r.ErrorCode == "ValidationException")));

    private static async Task AssertAsync(
        KnownValues values, IEnumerable<(MetricsLevel Level, MetricsGranularity Granularity, MetricsCollector Collector, KnownSinks Sinks)> listeners)
    {
        foreach (var (level, granularity, collector, sinks) in listeners)
        {
            await values.AssertInEverySinkAsync(level, granularity, collector, sinks);
            await collector.DisposeAsync();
            sinks.Dispose();
        }
    }
}
