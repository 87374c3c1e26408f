namespace Orleans.Kpl.Settings;

/// <summary>One key of KPL's properties file.</summary>
/// <param name="Name">The key, as KPL 1.0.7 reads it.</param>
/// <param name="KplDefault">KPL's own default as text; empty for none.</param>
/// <param name="OldName">What older versions of KPL called it; empty where they called it the same.</param>
/// <param name="Setting">The setting that it sets, or the known one that sets nothing.</param>
internal sealed record KplProperty(string Name, string KplDefault, string OldName, KplSetting Setting);

/// <summary>The keys of KPL's properties file: the setters of <c>KinesisProducerConfiguration</c> 1.0.7 that take a text, a number or a switch.</summary>
internal static class KplPropertyTable
{
    /// <summary>The time after which KPL's caller gives a record up; it lowers <c>RecordTtl</c>.</summary>
    public const string UserRecordTimeout = "UserRecordTimeoutInMillis";

    public static IReadOnlyList<KplProperty> All { get; } =
    [
        Of("AggregationEnabled", "true"),
        Of("AggregationMaxCount", "4294967295"),
        Of("AggregationMaxSize", "51200"),
        Of("CaCertFile"),
        Of("CaCertPath"),
        Of("CloudwatchEndpoint"),
        Of("CloudwatchPort", "443"),
        Of("CollectionMaxCount", "500"),
        Of("CollectionMaxSize", "5242880"),
        Of("ConnectTimeout", "6000"),
        Of("FailIfThrottled", "false"),
        Of("GlueSchemaRegistryPropertiesFilePath"),
        Of("KinesisEndpoint", "", "CustomEndpoint"),
        Of("KinesisPort", "443", "Port"),
        Of("MaxConnections", "24"),
        Of("MaxUserRecordSize", "1048576"),
        Of("MetricsGranularity", "shard"),
        Of("MetricsLevel", "detailed"),
        Of("MetricsNamespace"),
        Of("MetricsUploadDelay", "60000"),
        Of("ProxyHost"),
        Of("ProxyPassword"),
        Of("ProxyPort", "443"),
        Of("ProxyUserName"),
        Of("RateLimit", "150"),
        Of("RecordMaxBufferedTime", "100"),
        Of("RecordTtl", "30000"),
        Of("Region"),
        Of("RequestTimeout", "6000"),
        Of("VerifyCertificate", "true"),
        .. FixedSetting.All.Select(static s => new KplProperty(s.Name, s.KplDefault, "", s)),
    ];

    /// <summary>Keys of KPL before 0.12 that KPL has no more.</summary>
    private static readonly KplProperty[] OfOldVersions =
    [
        new("AwsAccessKeyId", "", "", SettingNames.FindInProcess("Kinesis:AccessKeyId")!),
        new("AwsSecretKey", "", "", SettingNames.FindInProcess("Kinesis:SecretAccessKey")!),
    ];

    /// <summary>Finds a key as Java does, upper and lower case told apart; null where KPL does not know it.</summary>
    public static KplProperty? Find(string key) => key.Length == 0 ? null : All.Concat(OfOldVersions).FirstOrDefault(p => p.Name == key || p.OldName == key);

    private static KplProperty Of(string name, string kplDefault = "", string oldName = "") =>
        new(name, kplDefault, oldName, SettingNames.FindInProcess(name)!);
}
