using System.Diagnostics.Metrics;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Telemetry;

/// <summary>
/// The load whose every value is known, through silos and through a client of theirs: every sink has it at each level and granularity. Every instrument,
/// listened to alone, tells of it what the table has; where that depends on how records met in calls, what Kinesis saw.
/// </summary>
public sealed class ExactSiloMetricsTests
{
    private const int Records = 1_000;

    private static readonly PutOptions Brief = new() { TimeToLive = TimeSpan.FromMilliseconds(1) };

    public static TheoryData<string, int> Instruments => [.. from metric in KplMetrics.All from silos in new[] { 1, 2 } select (metric.Name, silos)];

    public static TheoryData<string> Names => [.. KplMetrics.All.Select(static m => m.Name)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task KnownLoad_ThroughSilos_HasTheWrittenValues_InEverySink(int silos)
    {
        using var meters = new TestMeters();
        var listeners = KnownValues.Listen(meters);
        await RunThroughSilosAsync(silos, meters, static _ => { });

        await AssertAsync(new KnownValues(KnownValues.OfSilos), listeners);
    }

    [Fact]
    public async Task KnownLoad_ThroughAClient_HasTheWrittenValues_InEverySinkOfBoth()
    {
        using var ofSilos = new TestMeters();
        using var ofClient = new TestMeters();
        var (listeners, clientListeners) = (KnownValues.Listen(ofSilos), KnownValues.Listen(ofClient));
        await RunThroughAClientAsync(ofSilos, ofClient, static _ => { });

        await AssertAsync(new KnownValues(KnownValues.OfSilosOfAClient), listeners);
        await AssertAsync(new KnownValues(KnownValues.OfAClient), clientListeners);
    }

    [Theory]
    [InlineData("UserRecordsReceived")]
    [InlineData("UserRecordsPut")]
    [InlineData("UserRecordsFailed")]
    [InlineData("UserRecordExpired")]
    public Task Instrument_ListenedToAlone_HasTheWrittenValues_AtSilosAndTheirClient(string name) => AssertTellsThroughAClientAsync(name);

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Long")]
    public Task Instrument_ListenedToAlone_TellsTheLoad_AtAClientAndItsSilos(string name) => AssertTellsThroughAClientAsync(name);

    [Theory]
    [MemberData(nameof(Instruments))]
    [Trait("Category", "Long")]
    public async Task Instrument_ListenedToAlone_TellsTheLoad_AtSilos(string name, int silos)
    {
        using var alone = new MetricReader(name);
        await RunThroughSilosAsync(silos, alone, kinesis =>
        {
            alone.ReadGauges();
            AssertTells(name, alone, KnownValues.OfSilos, OfSilos(kinesis, expired: 2));
        });
    }

    private static async Task AssertTellsThroughAClientAsync(string name)
    {
        using var ofSilos = new MetricReader(name);
        using var ofClient = new MetricReader(name);
        await RunThroughAClientAsync(ofSilos, ofClient, kinesis =>
        {
            ofSilos.ReadGauges();
            ofClient.ReadGauges();
            AssertTells(name, ofSilos, KnownValues.OfSilosOfAClient, OfSilos(kinesis, expired: 0));
            AssertTells(name, ofClient, KnownValues.OfAClient, OfAClient(kinesis));
        });
    }

    /// <param name="silos">How many silos there are.</param>
    /// <param name="meters">Makes their meters.</param>
    /// <param name="ended">Is told once all records have ended, before the silos do.</param>
    private static async Task RunThroughSilosAsync(int silos, IMeterFactory meters, Action<FakeKinesis> ended)
    {
        await using var world = NewWorld(meters);
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
        ended(world.Kinesis);
    }

    private static async Task RunThroughAClientAsync(IMeterFactory ofSilos, IMeterFactory ofClient, Action<FakeKinesis> ended)
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
        ended(world.Kinesis);
    }

    /// <summary>What is told of calls, attempts and state, as it follows from what Kinesis saw: how often, and the sum; null where that is a time.</summary>
    private static Dictionary<string, (long? Count, double? Total)> OfSilos(FakeKinesis kinesis, int expired)
    {
        var (calls, entries) = (kinesis.Calls.Count, kinesis.Calls.Sum());
        var records = Records - 2 + expired;
        return new(StringComparer.Ordinal)
        {
            ["RequestTime"] = (calls, null),
            ["KinesisRecordsPerPutRecordsRequest"] = (calls, entries),
            ["UserRecordsPerPutRecordsRequest"] = (calls, entries),
            ["UserRecordsPerKinesisRecord"] = (entries, entries),
            ["BufferingTime"] = (entries + expired, null),
            ["RetriesPerRecord"] = (records, entries + expired - records),
            ["OpenShards"] = (null, 4),
            ["KinesisRelayed"] = (null, 0),
            ["OwnerMoves"] = (null, 4),
            ["UserRecordsPending"] = (null, 0),
            ["OutstandingBytes"] = (null, 0),
            ["OldestRecordAge"] = (null, 0),
        };
    }

    private static Dictionary<string, (long? Count, double? Total)> OfAClient(FakeKinesis kinesis) => new(StringComparer.Ordinal)
    {
        // The two that expired here had no attempt.
        ["BufferingTime"] = (kinesis.Calls.Sum(), null),
        ["RetriesPerRecord"] = (Records - 2, kinesis.Calls.Sum() - (Records - 2)),
        ["OpenShards"] = (null, 0),
        ["UserRecordsPending"] = (null, 0),
        ["OutstandingBytes"] = (null, 0),
        ["OldestRecordAge"] = (null, 0),
    };

    private static void AssertTells(
        string name, MetricReader alone, IReadOnlyList<KnownValues.Row> rows, Dictionary<string, (long? Count, double? Total)> others)
    {
        Assert.All(alone.All.Keys, k => Assert.Equal(name, k.Name));
        var sum = alone.Of(name);
        if (rows.Any(r => r.Name == name))
            Assert.Equal(SumsOf(rows, name), alone.All.Select(static s => (s.Key.Tags, s.Value.Total)).Order());
        else if (others.TryGetValue(name, out var expected))
            Assert.Equal((expected.Count ?? sum.Count, expected.Total ?? sum.Total, true), ((long)sum.Count, sum.Total, sum.Count > 0));
        else if (name is not ("ShardUtilisation" or "ForeignShare"))
            Assert.Equal(0, sum.Count);
    }

    private static IEnumerable<(string, double)> SumsOf(IEnumerable<KnownValues.Row> rows, string name) =>
        rows.Where(r => r.Name == name && r.Sum > 0).Select(static r => (TagsOf(r), r.Sum)).Order();

    private static string TagsOf(KnownValues.Row row) =>
        string.Join(' ', [.. row.Shard is { } shard ? [$"ShardId={shard}"] : (string[])[], .. row.Code is { } code ? [$"ErrorCode={code}"] : (string[])[]]);

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
