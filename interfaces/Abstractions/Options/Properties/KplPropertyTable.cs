namespace Orleans.Kpl.Settings;

/// <summary>The keys of KPL's properties file: the setters of <c>KinesisProducerConfiguration</c> 1.0.7 that take a text, a number or a switch.</summary>
internal static class KplPropertyTable
{
    /// <summary>The time after which KPL's caller gives a record up; it lowers <c>RecordTtl</c>.</summary>
    public const string UserRecordTimeout = "UserRecordTimeoutInMillis";

    private const int MaxPort = 65_535;

    public static IReadOnlyList<KplProperty> All { get; } =
    [
        Choice("AggregationEnabled", "true"),
        Number("AggregationMaxCount", "4294967295"),
        Number("AggregationMaxSize", "51200"),
        Text("CaCertFile"),
        Text("CaCertPath"),
        Text("CloudwatchEndpoint"),
        Number("CloudwatchPort", "443"),
        Number("CollectionMaxCount", "500"),
        Number("CollectionMaxSize", "5242880"),
        Number("ConnectTimeout", "6000"),
        Unused("CredentialsRefreshDelay", "5000", Between(1, 300_000)),
        Unused("DaemonHealthCheckTimeoutMs", "30000", Between(5_000, long.MaxValue)),
        Unused("EnableCoreDumps", "false", OneOf("true", "false")),
        Unused("EnableDaemonHealthCheck", "false", OneOf("true", "false")),
        Unused("EnableOldestFutureTracker", "true", OneOf("true", "false")),
        Choice("FailIfThrottled", "false"),
        Text("GlueSchemaRegistryPropertiesFilePath"),
        Text("KinesisEndpoint", "CustomEndpoint"),
        Number("KinesisPort", "443", "Port"),
        Unused("LogLevel", "info", OneOf("trace", "debug", "info", "warning", "error")),
        Number("MaxConnections", "24"),
        Number("MaxUserRecordSize", "1048576"),
        Choice("MetricsGranularity", "shard"),
        Choice("MetricsLevel", "detailed"),
        Text("MetricsNamespace"),
        Number("MetricsUploadDelay", "60000"),
        Unused("MinConnections", "1", Between(1, 16)),
        Unused("NativeExecutable", ""),
        Text("ProxyHost"),
        new KplProperty("ProxyPassword", "") { Target = "ProxyPassword", IsText = true, KeepsBlanks = true },
        Number("ProxyPort", "443"),
        Text("ProxyUserName"),
        Number("RateLimit", "150"),
        Number("RecordMaxBufferedTime", "100"),
        Number("RecordTtl", "30000"),
        Text("Region"),
        Number("RequestTimeout", "6000"),
        Unused("ReturnUserRecordOnFailure", "false", OneOf("true", "false")),
        Unused("StsEndpoint", ""),
        Unused("StsPort", "443", Between(1, MaxPort)),
        Unused("TempDirectory", ""),
        Unused("ThreadPoolSize", "0", Between(0, int.MaxValue)),
        Unused("ThreadingModel", "PER_REQUEST", OneOf("PER_REQUEST", "POOLED")),
        Unused(UserRecordTimeout, "0", Between(0, long.MaxValue)),
        Choice("VerifyCertificate", "true"),
    ];

    /// <summary>Keys of KPL before 0.12 that KPL has no more.</summary>
    public static IReadOnlyList<KplProperty> OfOldVersions { get; } =
    [
        new KplProperty("AwsAccessKeyId", "") { Target = "Kinesis:AccessKeyId", IsText = true },
        new KplProperty("AwsSecretKey", "") { Target = "Kinesis:SecretAccessKey", IsText = true },
    ];

    /// <summary>Finds a key as Java does, upper and lower case told apart; null where KPL does not know it.</summary>
    public static KplProperty? Find(string key) =>
        All.Concat(OfOldVersions).FirstOrDefault(p => p.Name == key || p.OldNames.Contains(key, StringComparer.Ordinal));

    private static KplProperty Number(string name, string kplDefault, params string[] oldNames) =>
        new(name, kplDefault, oldNames) { Target = name, IsNumber = true };

    private static KplProperty Choice(string name, string kplDefault) => new(name, kplDefault) { Target = name };

    private static KplProperty Text(string name, params string[] oldNames) => new(name, "", oldNames) { Target = name, IsText = true };

    private static KplProperty Unused(string name, string kplDefault, Func<string, string?>? findError = null) =>
        new(name, kplDefault) { FindError = findError, IsText = findError is null };

    private static Func<string, string?> Between(long min, long max)
    {
        var number = new WholeNumber(min, max);
        return text => !number.TryParse(text, out var value) ? $"expected is {number.Expected}: {number.Range}"
            : number.IsAllowed(value) ? null
            : number.Refusal(value);
    }

    private static Func<string, string?> OneOf(params string[] names) =>
        text => names.Contains(text, StringComparer.OrdinalIgnoreCase) ? null : $"expected is one of: {string.Join(", ", names)}";
}
