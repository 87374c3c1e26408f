using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Metrics.Tests.CloudWatch;
using Orleans.Kpl.Metrics.Tests.Prometheus;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>
/// The load whose every value is known (<see cref="KnownLoad"/>): 250 records to each of four shards, one Kinesis record each; 37 of the first throttled
/// once, 5 of the second refused for good, one of the third taken by the fourth, 2 of the fourth expired, and a call that failed as a whole.
/// </summary>
public sealed class ExactSinkTests
{
    private const string First = "shardId-000000000000";
    private const string Second = "shardId-000000000001";
    private const string Third = "shardId-000000000002";
    private const string Fourth = "shardId-000000000003";

    /// <summary>Metric, level, tags without the stream's, sum and number of values; no number where only the sum is known.</summary>
    private static readonly (string Name, MetricsLevel Level, string? Code, string? Shard, double Sum, long? Count)[] Table =
    [
        ("UserRecordsReceived", MetricsLevel.Detailed, null, null, 1_000, 1_000),
        ("UserRecordsPut", MetricsLevel.Summary, null, First, 250, 250),
        ("UserRecordsPut", MetricsLevel.Summary, null, Second, 245, 250),
        ("UserRecordsPut", MetricsLevel.Summary, null, Third, 249, 249),
        ("UserRecordsPut", MetricsLevel.Summary, null, Fourth, 249, 251),
        ("UserRecordsFailed", MetricsLevel.Summary, null, Second, 5, 5),
        ("UserRecordsFailed", MetricsLevel.Summary, null, Fourth, 2, 2),
        ("UserRecordExpired", MetricsLevel.Summary, null, Fourth, 2, 2),
        ("UserRecordsDataPut", MetricsLevel.Detailed, null, First, 5_000, 250),
        ("UserRecordsDataPut", MetricsLevel.Detailed, null, Second, 4_900, 245),
        ("UserRecordsDataPut", MetricsLevel.Detailed, null, Third, 4_980, 249),
        ("UserRecordsDataPut", MetricsLevel.Detailed, null, Fourth, 4_980, 249),
        ("KinesisRecordsPut", MetricsLevel.Summary, null, First, 250, 287),
        ("KinesisRecordsPut", MetricsLevel.Summary, null, Second, 245, 250),
        ("KinesisRecordsPut", MetricsLevel.Summary, null, Third, 249, 249),
        ("KinesisRecordsPut", MetricsLevel.Summary, null, Fourth, 249, 249),
        ("KinesisRecordsDataPut", MetricsLevel.Detailed, null, First, 5_000, 250),
        ("KinesisRecordsDataPut", MetricsLevel.Detailed, null, Second, 4_900, 245),
        ("KinesisRecordsDataPut", MetricsLevel.Detailed, null, Third, 4_980, 249),
        ("KinesisRecordsDataPut", MetricsLevel.Detailed, null, Fourth, 4_980, 249),
        ("AllErrors", MetricsLevel.Summary, null, null, 1, 1),
        ("AllErrors", MetricsLevel.Summary, null, First, 37, 287),
        ("AllErrors", MetricsLevel.Summary, null, Second, 5, 250),
        ("AllErrors", MetricsLevel.Summary, null, Third, 0, 249),
        ("AllErrors", MetricsLevel.Summary, null, Fourth, 0, 249),
        ("ErrorsByCode", MetricsLevel.Summary, "ServiceUnavailable", null, 1, 1),
        ("ErrorsByCode", MetricsLevel.Summary, RecordErrorCodes.Throttled, First, 37, 37),
        ("ErrorsByCode", MetricsLevel.Summary, "ValidationException", Second, 5, 5),
        ("WrongShard", MetricsLevel.Detailed, null, Third, 1, 1),
    ];

    private static readonly string[] ToldByTheTable = [.. Table.Select(static r => r.Name).Distinct()];

    public static TheoryData<MetricsLevel, MetricsGranularity> Settings =>
        [.. from level in Enum.GetValues<MetricsLevel>() from granularity in Enum.GetValues<MetricsGranularity>() select (level, granularity)];

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task KnownLoad_HasTheWrittenValues_InEverySink(MetricsLevel level, MetricsGranularity granularity)
    {
        var cloudWatch = new FormSink();
        using var reader = new MetricReader("none");
        var options = new KplOptions { Metrics = { Level = level, Granularity = granularity, Sinks = ["InMemory", "Prometheus"] } };
        await using var collector = MetricsCollector.StartFor(reader, options, new FakeTimeProvider(), cloudWatch);
        await using (var load = new KnownLoad(reader))
            await load.RunAsync();
        await collector.UploadAsync(TestContext.Current.CancellationToken);

        var expected = Expected(level, granularity);
        Assert.Equal(expected, Lines(collector.InMemory.All()));
        Assert.Equal(expected, Lines(cloudWatch.Metrics));
        Assert.Equal(ExpectedPage(level, granularity), PageOf(collector));
        Assert.Empty(cloudWatch.Defects);
    }

    /// <summary>What the table does not tell holds among the metrics themselves.</summary>
    [Fact]
    public async Task Distributions_OfTheKnownLoad_AgreeWithOneAnother()
    {
        using var reader = new MetricReader("none");
        await using var collector = MetricsCollector.StartFor(reader, new KplOptions(), new FakeTimeProvider());
        await using var load = new KnownLoad(reader);
        await load.RunAsync();

        Assert.Equal(1_000, Of("RetriesPerRecord").Count);
        Assert.Equal(Of("BufferingTime").Count - 1_000, Of("RetriesPerRecord").Sum);
        Assert.Equal(Of("RequestTime").Count, Of("KinesisRecordsPerPutRecordsRequest").Count);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum + 2, Of("BufferingTime").Count);
        Assert.Equal(Of("KinesisRecordsPerPutRecordsRequest").Sum, Of("UserRecordsPerKinesisRecord").Sum);
        Assert.Equal(4, Of("OpenShards").Maximum);

        MetricSeries Of(string name) => collector.InMemory.ByName(name)[0];
    }

    /// <summary>The table added up to every prefix of the dimensions that the granularity has.</summary>
    private static IEnumerable<string> Expected(MetricsLevel level, MetricsGranularity granularity)
    {
        var sums = new Dictionary<string, (double Sum, long Count)>(StringComparer.Ordinal);
        foreach (var (name, atLeast, code, shard, sum, count) in Table.Where(r => r.Level <= level))
        {
            List<string> dimensions = [.. code is null ? (string[])[] : [$"ErrorCode={code}"]];
            if (granularity != MetricsGranularity.Global)
                dimensions.Add("StreamName=events");
            if (granularity is MetricsGranularity.Shard or MetricsGranularity.Auto && shard is not null)
                dimensions.Add($"ShardId={shard}");
            for (var length = 0; length <= dimensions.Count; length++)
            {
                var key = $"{name}{{{string.Join(',', dimensions.Take(length))}}}";
                var (soFar, number) = sums.GetValueOrDefault(key);
                sums[key] = (soFar + sum, number + count!.Value);
            }
        }

        return sums.Select(static s => $"{s.Key} sum {s.Value.Sum} count {s.Value.Count}").Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Lines(IEnumerable<MetricSeries> metrics) =>
        metrics.Where(static m => ToldByTheTable.Contains(m.Name)).Select(static m => m.ToString().Split(" minimum")[0]).Order(StringComparer.Ordinal);

    /// <summary>The sums of the table at the finest tags, where anything was counted.</summary>
    private static IEnumerable<string> ExpectedPage(MetricsLevel level, MetricsGranularity granularity) =>
        from row in Table
        where row.Level <= level && row.Sum > 0
        let labels = string.Join(',', new[]
        {
            granularity == MetricsGranularity.Global ? null : "stream=events",
            granularity is MetricsGranularity.Shard or MetricsGranularity.Auto && row.Shard is not null ? $"shard={row.Shard}" : null,
            row.Code is null ? null : $"code={row.Code}",
        }.Where(static l => l is not null))
        group row.Sum by $"{KplMetrics.All.Single(m => m.Name == row.Name).PrometheusName}{{{labels}}}" into sums
        orderby sums.Key
        select $"{sums.Key} {sums.Sum()}";

    private static IEnumerable<string> PageOf(MetricsCollector collector)
    {
        var names = KplMetrics.All.Where(static m => ToldByTheTable.Contains(m.Name)).Select(static m => m.PrometheusName).ToHashSet();
        return [.. PageReader.Read(collector.Page!).Samples.Where(s => names.Contains(s.Name)).Select(static s => s.ToString()).Order(StringComparer.Ordinal)];
    }

    /// <summary>Takes what CloudWatch gets, and reads it as CloudWatch does.</summary>
    private sealed class FormSink : IMetricsSink
    {
        public string Name => "form";

        public List<MetricSeries> Metrics { get; } = [];

        public List<string> Defects { get; } = [];

        public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
        {
            foreach (var call in MetricDataCalls.Of(metrics, "KinesisProducerLibrary", DateTimeOffset.UnixEpoch))
            {
                var (form, defects) = PutMetricDataForm.Read(call.Body);
                Metrics.AddRange(form.Metrics);
                Defects.AddRange(defects);
            }

            return Task.FromResult<IReadOnlyList<MetricSeries>>([]);
        }
    }
}
