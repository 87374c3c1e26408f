using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Silos.Tests.Nodes;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Telemetry;

/// <summary>
/// Every instrument, listened to alone, tells of the known load what the table has; where that depends on how records met in calls, what Kinesis saw.
/// </summary>
public sealed class AloneSiloMetricsTests
{
    private const int Records = 1_000;

    public static TheoryData<string, int> Instruments => [.. from metric in KplMetrics.All from silos in new[] { 1, 2 } select (metric.Name, silos)];

    public static TheoryData<string> Names => [.. KplMetrics.All.Select(static m => m.Name)];

    [Theory]
    [MemberData(nameof(Instruments))]
    [Trait("Category", "Long")]
    public async Task Instrument_ListenedToAlone_TellsTheLoad_AtSilos(string name, int silos)
    {
        using var alone = new MetricReader(name);
        await using var world = NewWorld(alone);
        // Two records expire before the shard map is known.
        var listing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Kinesis.BeforeList = async stop => await listing.Task.WaitAsync(stop);
        var front = await world.StartAsync();
        for (var i = 1; i < silos; i++)
            await world.StartAsync();
        await PutAsync(front.Node.Producer, KnownTroubles.Records(998, 2), new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(1) });
        listing.SetResult();
        await PutAsync(front.Node.Producer, KnownTroubles.Records(0, 998));
        alone.ReadGauges();
        AssertTells(name, alone, KnownValues.OfSilos, OfSilos(world.Kinesis, expired: 2));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Long")]
    public async Task Instrument_ListenedToAlone_TellsTheLoad_AtAClientAndItsSilos(string name)
    {
        using var ofSilos = new MetricReader(name);
        using var ofClient = new MetricReader(name);
        await using var world = NewWorld(ofSilos);
        await world.StartAsync();
        await world.StartAsync();
        // Two records expire before a silo can be reached.
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new ClientPipeline(
            new KplOptions(), new WorldLanes(world, opened.Task), new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false),
            NullLogger.Instance, TimeProvider.System, Guid.NewGuid, meters: ofClient);
        await PutAsync(client, KnownTroubles.Records(998, 2), new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(1) });
        opened.SetResult();
        await PutAsync(client, KnownTroubles.Records(0, 998));
        ofSilos.ReadGauges();
        ofClient.ReadGauges();
        AssertTells(name, ofSilos, KnownValues.OfSilosOfAClient, OfSilos(world.Kinesis, expired: 0));
        AssertTells(name, ofClient, KnownValues.OfAClient, OfAClient(world.Kinesis));
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

    private static async Task PutAsync(IKplProducer producer, UserRecord[] records, PutOptions? options = null) =>
        Assert.Equal(records.Length, (await producer.PutAsync(NodeWorld.Stream, records, options).AsTask().WaitAsync(Waiting.Long)).Length);
}
