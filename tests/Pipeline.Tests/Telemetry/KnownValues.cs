using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.Tests.Prometheus;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>
/// What every sink has at each level and granularity of the load whose every value is known (<see cref="KnownTroubles"/>): 250 records to each of four
/// shards, one Kinesis record each; 37 of the first throttled once, 5 of the second refused for good, one of the third taken by the fourth, 2 of the
/// fourth expired, and a call that failed as a whole.
/// </summary>
/// <param name="rows">The values at the finest tags.</param>
internal sealed class KnownValues(IReadOnlyList<KnownValues.Row> rows)
{
    private const string First = "shardId-000000000000";
    private const string Second = "shardId-000000000001";
    private const string Third = "shardId-000000000002";
    private const string Fourth = "shardId-000000000003";

    private readonly string[] _names = [.. rows.Select(static r => r.Name).Distinct()];

    /// <summary>One value.</summary>
    /// <param name="Name">The metric.</param>
    /// <param name="Level">From which level on it is there.</param>
    /// <param name="Code">The tag of an error; null for none.</param>
    /// <param name="Shard">The tag of a shard; null for none.</param>
    /// <param name="Sum">The sum of the values.</param>
    /// <param name="Count">How many there are.</param>
    public sealed record Row(string Name, MetricsLevel Level, string? Code, string? Shard, double Sum, long Count);

    /// <summary>Every level with every granularity.</summary>
    public static IReadOnlyList<(MetricsLevel Level, MetricsGranularity Granularity)> Settings { get; } =
        [.. from level in Enum.GetValues<MetricsLevel>() from granularity in Enum.GetValues<MetricsGranularity>() select (level, granularity)];

    /// <summary>Those of an embedded producer.</summary>
    public static IReadOnlyList<Row> Embedded { get; } =
    [
        new("UserRecordsReceived", MetricsLevel.Detailed, null, null, 1_000, 1_000),
        new("UserRecordsPut", MetricsLevel.Summary, null, First, 250, 250),
        new("UserRecordsPut", MetricsLevel.Summary, null, Second, 245, 250),
        new("UserRecordsPut", MetricsLevel.Summary, null, Third, 249, 249),
        new("UserRecordsPut", MetricsLevel.Summary, null, Fourth, 249, 251),
        new("UserRecordsFailed", MetricsLevel.Summary, null, Second, 5, 5),
        new("UserRecordsFailed", MetricsLevel.Summary, null, Fourth, 2, 2),
        new("UserRecordExpired", MetricsLevel.Summary, null, Fourth, 2, 2),
        new("UserRecordsDataPut", MetricsLevel.Detailed, null, First, 5_000, 250),
        new("UserRecordsDataPut", MetricsLevel.Detailed, null, Second, 4_900, 245),
        new("UserRecordsDataPut", MetricsLevel.Detailed, null, Third, 4_980, 249),
        new("UserRecordsDataPut", MetricsLevel.Detailed, null, Fourth, 4_980, 249),
        new("KinesisRecordsPut", MetricsLevel.Summary, null, First, 250, 287),
        new("KinesisRecordsPut", MetricsLevel.Summary, null, Second, 245, 250),
        new("KinesisRecordsPut", MetricsLevel.Summary, null, Third, 249, 249),
        new("KinesisRecordsPut", MetricsLevel.Summary, null, Fourth, 249, 249),
        new("KinesisRecordsDataPut", MetricsLevel.Detailed, null, First, 5_000, 250),
        new("KinesisRecordsDataPut", MetricsLevel.Detailed, null, Second, 4_900, 245),
        new("KinesisRecordsDataPut", MetricsLevel.Detailed, null, Third, 4_980, 249),
        new("KinesisRecordsDataPut", MetricsLevel.Detailed, null, Fourth, 4_980, 249),
        new("AllErrors", MetricsLevel.Summary, null, null, 1, 1),
        new("AllErrors", MetricsLevel.Summary, null, First, 37, 287),
        new("AllErrors", MetricsLevel.Summary, null, Second, 5, 250),
        new("AllErrors", MetricsLevel.Summary, null, Third, 0, 249),
        new("AllErrors", MetricsLevel.Summary, null, Fourth, 0, 249),
        new("ErrorsByCode", MetricsLevel.Summary, "ServiceUnavailable", null, 1, 1),
        new("ErrorsByCode", MetricsLevel.Summary, RecordErrorCodes.Throttled, First, 37, 37),
        new("ErrorsByCode", MetricsLevel.Summary, "ValidationException", Second, 5, 5),
        new("WrongShard", MetricsLevel.Detailed, null, Third, 1, 1),
    ];

    /// <summary>Those of silos, together: two records expire before the shard map is known, so that no shard was predicted for them.</summary>
    public static IReadOnlyList<Row> OfSilos { get; } =
    [
        .. Embedded.Select(static r => r switch
        {
            { Shard: Fourth, Name: "UserRecordsPut" } => r with { Count = 249 },
            { Shard: Fourth, Name: "UserRecordsFailed" or "UserRecordExpired" } => r with { Shard = null },
            _ => r,
        }),
        new("UserRecordsPut", MetricsLevel.Summary, null, null, 0, 2),
    ];

    /// <summary>Those of silos whose client keeps two records until they expire.</summary>
    public static IReadOnlyList<Row> OfSilosOfAClient { get; } =
    [
        .. OfSilos.Where(static r => r.Shard is not null || r.Name is not ("UserRecordsPut" or "UserRecordsFailed" or "UserRecordExpired"))
            .Select(static r => r.Name == "UserRecordsReceived" ? r with { Sum = 998, Count = 998 } : r),
    ];

    /// <summary>Those of that client: it knows neither bytes nor Kinesis records, nor which shard was predicted for a record that failed.</summary>
    public static IReadOnlyList<Row> OfAClient { get; } =
    [
        new("UserRecordsReceived", MetricsLevel.Detailed, null, null, 1_000, 1_000),
        new("UserRecordsPut", MetricsLevel.Summary, null, null, 0, 7),
        new("UserRecordsPut", MetricsLevel.Summary, null, First, 250, 250),
        new("UserRecordsPut", MetricsLevel.Summary, null, Second, 245, 245),
        new("UserRecordsPut", MetricsLevel.Summary, null, Third, 249, 249),
        new("UserRecordsPut", MetricsLevel.Summary, null, Fourth, 249, 249),
        new("UserRecordsFailed", MetricsLevel.Summary, null, null, 7, 7),
        new("UserRecordExpired", MetricsLevel.Summary, null, null, 2, 2),
    ];

    /// <summary>Starts a collector for each setting, whose sinks are all there are.</summary>
    public static List<(MetricsLevel Level, MetricsGranularity Granularity, MetricsCollector Collector, KnownSinks Sinks)> Listen(
        System.Diagnostics.Metrics.IMeterFactory meters) =>
    [
        .. Settings.Select(s =>
        {
            var options = new KplOptions { Metrics = { Level = s.Level, Granularity = s.Granularity, Sinks = ["InMemory", "Prometheus"] } };
            var sinks = new KnownSinks(meters, options.Metrics);
            var collector = MetricsCollector.Start(options, null, sinks.All, new FakeTimeProvider(), meters, isExclusive: true, hasExporter: false);
            return (s.Level, s.Granularity, collector, sinks);
        }),
    ];

    /// <summary>Every sink has these values, and no other one of these metrics.</summary>
    public async Task AssertInEverySinkAsync(MetricsLevel level, MetricsGranularity granularity, MetricsCollector collector, KnownSinks sinks)
    {
        await collector.UploadAsync(TestContext.Current.CancellationToken);
        var expected = Expected(level, granularity);
        Assert.Equal(expected, Lines(collector.InMemory.All()));
        Assert.Equal(expected, Lines(sinks.CloudWatch.Metrics));
        Assert.Equal(ExpectedPage(level, granularity), PageOf(collector));
        Assert.Equal(ExpectedBodies(level, granularity), BodiesOf(sinks.Datadog));
        Assert.Equal(Finest(level, granularity, '=', ["StreamName", "ShardId", "ErrorCode"], static m => m.Name), OtlpOf(sinks));
        Assert.Empty(sinks.CloudWatch.Defects.Concat(sinks.Datadog.Defects));
    }

    /// <summary>The table added up to every prefix of the dimensions that the granularity has.</summary>
    private IEnumerable<string> Expected(MetricsLevel level, MetricsGranularity granularity)
    {
        var sums = new Dictionary<string, (double Sum, long Count)>(StringComparer.Ordinal);
        foreach (var (name, atLeast, code, shard, sum, count) in rows.Where(r => r.Level <= level))
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
                sums[key] = (soFar + sum, number + count);
            }
        }

        return sums.Select(static s => $"{s.Key} sum {s.Value.Sum} count {s.Value.Count}").Order(StringComparer.Ordinal);
    }

    private IEnumerable<string> Lines(IEnumerable<MetricSeries> metrics) =>
        metrics.Where(m => _names.Contains(m.Name)).Select(static m => m.ToString().Split(" minimum")[0]).Order(StringComparer.Ordinal);

    /// <summary>The sums of the table at the finest tags, where anything was counted.</summary>
    private IEnumerable<string> ExpectedPage(MetricsLevel level, MetricsGranularity granularity) =>
        Finest(level, granularity, '=', ["stream", "shard", "code"], static m => m.PrometheusName);

    private IEnumerable<string> ExpectedBodies(MetricsLevel level, MetricsGranularity granularity) =>
        Finest(level, granularity, ':', ["stream", "shard", "code"], static m => "kpl" + string.Concat(m.Name.Select(static (c, i) => char.IsUpper(c) ? $"{(i == 0 ? '.' : '_')}{char.ToLowerInvariant(c)}" : $"{c}")));

    private IEnumerable<string> Finest(MetricsLevel level, MetricsGranularity granularity, char equals, string[] tags, Func<MetricDefinition, string> nameOf) =>
        from row in rows
        where row.Level <= level && row.Sum > 0
        let labels = string.Join(',', new[]
        {
            granularity == MetricsGranularity.Global ? null : $"{tags[0]}{equals}events",
            granularity is MetricsGranularity.Shard or MetricsGranularity.Auto && row.Shard is not null ? $"{tags[1]}{equals}{row.Shard}" : null,
            row.Code is null ? null : $"{tags[2]}{equals}{row.Code}",
        }.Where(static l => l is not null))
        group row.Sum by $"{nameOf(KplMetrics.All.Single(m => m.Name == row.Name))}{{{labels}}}" into sums
        orderby sums.Key
        select $"{sums.Key} {sums.Sum()}";

    private IEnumerable<string> PageOf(MetricsCollector collector)
    {
        var names = KplMetrics.All.Where(m => _names.Contains(m.Name)).Select(static m => m.PrometheusName).ToHashSet();
        return [.. PageReader.Read(collector.Page!).Samples.Where(s => names.Contains(s.Name)).Select(static s => s.ToString()).Order(StringComparer.Ordinal)];
    }

    private IEnumerable<string> OtlpOf(KnownSinks sinks) =>
        sinks.ReadOtlp().Where(p => _names.Contains(p.Split('{')[0])).Order(StringComparer.Ordinal);

    private IEnumerable<string> BodiesOf(KnownSinks.BodySink datadog)
    {
        var names = ExpectedBodies(MetricsLevel.Detailed, MetricsGranularity.Shard).Select(static l => l.Split('{')[0]).ToHashSet();
        return datadog.Lines.Where(l => names.Contains(l.Name)).Select(static l =>
        {
            // The role is the same in each of them, and a count is its own number.
            Assert.StartsWith("role:", l.Tags[0], StringComparison.Ordinal);
            return $"{l.Name}{{{string.Join(',', l.Tags.Skip(1))}}} {l.Values.Single()}";
        }).Order(StringComparer.Ordinal);
    }
}
