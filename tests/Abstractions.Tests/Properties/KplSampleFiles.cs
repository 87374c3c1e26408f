namespace Orleans.Kpl.Abstractions.Tests.Properties;

/// <summary>The pairs of KPL's sample file in each of its versions, by the first commit of awslabs/amazon-kinesis-producer that has them.</summary>
internal static class KplSampleFiles
{
    private const string OfJune2015 =
        """
        AggregationEnabled = true
        AggregationMaxCount = 4294967295
        AggregationMaxSize = 51200
        CollectionMaxCount = 500
        CollectionMaxSize = 5242880
        ConnectTimeout = 6000
        FailIfThrottled = false
        LogLevel = info
        MaxConnections = 4
        MetricsGranularity = shard
        MetricsLevel = detailed
        MetricsNamespace = KinesisProducerLibrary
        MinConnections = 1
        Port = 443
        RateLimit = 150
        RecordMaxBufferedTime = 100
        RecordTtl = 30000
        RequestTimeout = 6000
        VerifyCertificate = true
        """;

    private static readonly string OfSummer2015 = OfJune2015 + "\nMetricsUploadDelay = 60000";

    private static readonly string OfNovember2015 = OfSummer2015.Replace("MaxConnections = 4\n", "MaxConnections = 24\n", StringComparison.Ordinal);

    private static readonly string OfThreads = OfNovember2015 + "\nThreadingModel = PER_REQUEST";

    private static readonly string OfKinesisPort = OfThreads.Replace("\nPort = ", "\nKinesisPort = ", StringComparison.Ordinal);

    private static readonly string OfRecordSize = OfKinesisPort + "\nMaxUserRecordSize = 1048576;";

    public static IReadOnlyDictionary<string, string> ByCommit { get; } = new Dictionary<string, string>
    {
        ["2015-06-02 162a68a"] = OfJune2015,
        ["2015-07-16 ea1e492"] = OfSummer2015,
        ["2015-11-19 b7971ec"] = OfNovember2015,
        ["2017-11-13 f633e06"] = OfThreads,
        ["2017-11-13 03483c9"] = OfKinesisPort,
        ["2026-02-09 c4eb27f"] = OfRecordSize,
    };
}
