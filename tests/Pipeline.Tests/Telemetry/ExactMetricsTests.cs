using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>
/// One load whose every value is known: 1,000 records to 4 shards, each a Kinesis record of its own, of which 37 are throttled once, 5 are refused for
/// good, 2 expire before their first attempt and 1 is taken by another shard; the first call fails as a whole.
/// </summary>
public sealed class ExactMetricsTests
{
    private const int DataBytes = 20;

    /// <summary>How often each metric is reported, and the sum of what is reported; null where the sum is a time.</summary>
    private static readonly Dictionary<string, (int? Count, double? Total)> Expected = new(StringComparer.Ordinal)
    {
        ["UserRecordsReceived"] = (null, 1_000),
        ["UserRecordsPut"] = (null, 993),
        ["UserRecordsFailed"] = (null, 7),
        ["UserRecordExpired"] = (null, 2),
        ["UserRecordsDataPut"] = (null, 993 * DataBytes),
        ["KinesisRecordsPut"] = (993, 993),
        ["KinesisRecordsDataPut"] = (993, 993 * DataBytes),
        ["AllErrors"] = (null, 37 + 5 + 1),
        ["ErrorsByCode"] = (null, 37 + 5 + 1),
        ["WrongShard"] = (1, 1),
        // The first call's records were tried twice, the throttled ones once more.
        ["RetriesPerRecord"] = (1_000, null),
        ["UserRecordsPending"] = (1, 0),
        ["OutstandingBytes"] = (1, 0),
        ["OldestRecordAge"] = (1, 0),
        ["OpenShards"] = (1, 4),
    };

    [Fact]
    public async Task Metrics_OfAKnownLoad_HaveTheWrittenValues()
    {
        using var reader = new MetricReader();
        var ledger = await RunAsync(reader);

        Assert.Equal((1_000, 993, 7, 0), (ledger.Accepted, ledger.Delivered, ledger.Failed, ledger.Unknown));
        foreach (var (name, (count, total)) in Expected)
        {
            var sum = reader.Of(name);
            Assert.True((count ?? sum.Count) == sum.Count && (total ?? sum.Total) == sum.Total, $"{name}: {sum}, expected {count} and {total}");
        }

        Assert.Equal(37, reader.Of("ErrorsByCode", "ShardId=shardId-000000000000 ErrorCode=" + RecordErrorCodes.Throttled).Total);
        Assert.Equal(1, reader.Of("ErrorsByCode", "ErrorCode=ServiceUnavailable").Total);
        Assert.Equal(reader.Of("RequestTime").Count, reader.Of("KinesisRecordsPerPutRecordsRequest").Count);
        Assert.Equal(reader.Of("KinesisRecordsPerPutRecordsRequest").Total, reader.Of("UserRecordsPerPutRecordsRequest").Total);
        Assert.Equal(reader.Of("KinesisRecordsPerPutRecordsRequest").Total, reader.Of("UserRecordsPerKinesisRecord").Total);
        // Each attempt of each record; the expiry counts as an attempt of the two records, as in KPL.
        Assert.Equal(reader.Of("KinesisRecordsPerPutRecordsRequest").Total + 2, reader.Of("BufferingTime").Count);
        Assert.Equal(reader.Of("BufferingTime").Count - 1_000, reader.Of("RetriesPerRecord").Total);
    }

    [Fact]
    public async Task Failures_TellTheirPredictedShard()
    {
        using var reader = new MetricReader();
        await RunAsync(reader);

        Assert.Equal(5, reader.Of("UserRecordsFailed", "ShardId=shardId-000000000001").Total);
        Assert.DoesNotContain(reader.All.Keys, k => k.Name == "UserRecordsFailed" && k.Tags.Length == 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Instrument_ListenedToAlone_TellsWhatItTellsAmongTheOthers(string name)
    {
        using var all = new MetricReader();
        using var alone = new MetricReader(name);
        await RunAsync(all);
        await RunAsync(alone);

        Assert.Equal(all.All.Where(s => s.Key.Name == name).OrderBy(static s => s.Key.Tags), alone.All.OrderBy(static s => s.Key.Tags));
    }

    [Fact]
    public async Task Meter_HasVersionAndRole()
    {
        using var reader = new MetricReader();
        await RunAsync(reader);

        Assert.Equal(KplDiagnostics.MeterName, reader.Meter.Name);
        Assert.Matches(@"^\d+\.\d+\.\d+", reader.Meter.Version);
        Assert.Equal("embedded", reader.Meter.Tags!.Single(static t => t.Key == "role").Value);
    }

    public static TheoryData<string> Names => [.. KplMetrics.All.Select(static m => m.Name)];

    private static async Task<StreamLedger> RunAsync(MetricReader reader)
    {
        await using var load = new KnownLoad(reader);
        return await load.RunAsync();
    }
}
