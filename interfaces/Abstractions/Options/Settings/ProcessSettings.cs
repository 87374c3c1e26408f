namespace Orleans.Kpl.Settings;

/// <summary>The settings that apply to the whole process, including those of section <c>Kpl:Kinesis</c>.</summary>
internal static class ProcessSettings
{
    private const int MaxPort = 65_535;

    private static readonly Text Host = new("a host name or an IP address", v => Uri.CheckHostName(v) != UriHostNameType.Unknown);

    public static IReadOnlyList<Setting<KplOptions>> All { get; } =
    [
        Of("DrainTimeout", "How long disposing waits for records to end; what is left then goes to the backlog, or ends with code `Shutdown`.",
            new Duration(TimeSpan.Zero, TimeSpan.FromHours(1)), o => o.DrainTimeout, (o, v) => o.DrainTimeout = v),
        Of("StopTimeout", "How long a silo or a local tier may take to stop in all, once it takes no more records; not shorter than `DrainTimeout`. An embedded producer ignores it.",
            new Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), o => o.StopTimeout, (o, v) => o.StopTimeout = v),
        Of("CheckAtStart", "Whether a host asks Kinesis at its start what `kpl check` asks, and tells it in its log (`Log`), or does not start where an answer is bad (`Fail`).",
            Choice.Of<StartCheck>(), o => o.CheckAtStart, (o, v) => o.CheckAtStart = v),
        Of("LogKeys", "Whether keys of failed records stand in the log in clear; otherwise as a hash.",
            Choice.Switch, o => o.LogKeys, (o, v) => o.LogKeys = v),
        Of("ScalingPolicyAllowed", "Whether an embedded producer carries scaling policies out; only one process may. A tier does not need it.",
            Choice.Switch, o => o.ScalingPolicyAllowed, (o, v) => o.ScalingPolicyAllowed = v),
        Of("GlueSchemaRegistryPropertiesFilePath", "A properties file of AWS Glue's schema registry, for [records with a schema](glue.md), which package `Orleans.Kpl.Glue` puts.",
            new Text(), o => o.GlueSchemaRegistryPropertiesFilePath, (o, v) => o.GlueSchemaRegistryPropertiesFilePath = v),
        Of("Backlog:Directory", "The folder of the durable backlog of an embedded producer, or of a silo with `localhost` membership; one process has it at a time. Silos with `dynamodb` have a table.",
            new Text(), o => o.Backlog.Directory, (o, v) => o.Backlog.Directory = v),
        Of("Backlog:Sync", "Whether segments are on the disk before they count (`Always`), or with the operating system, which survives the process and not the machine (`Never`).",
            Choice.Of<BacklogSync>(), o => o.Backlog.Sync, (o, v) => o.Backlog.Sync = v),
        Of("Backlog:CommitDelay", "How long the first record of a segment waits for company while no other segment is being written.",
            new Duration(TimeSpan.Zero, TimeSpan.FromSeconds(1)), o => o.Backlog.CommitDelay, (o, v) => o.Backlog.CommitDelay = v),
        Of("Backlog:WriteUnitPrice", "US dollars for a million DynamoDB write units, for the metric of what the backlog costs.",
            new DecimalNumber(0, 1_000, "US dollars"), o => o.Backlog.WriteUnitPrice, (o, v) => o.Backlog.WriteUnitPrice = v),
        Of("Kinesis:EndpointUrl", "An endpoint instead of AWS's own; without it what `AWS_ENDPOINT_URL_KINESIS` or `AWS_ENDPOINT_URL` says.",
            new Url(), o => o.Kinesis.EndpointUrl, (o, v) => o.Kinesis.EndpointUrl = v),
        Of("Kinesis:Region", "The region; without it AWS's chain, and `us-east-1` for a loopback endpoint where that is empty.",
            new Text("lower-case letters, digits and '-', at most 64", v => v.Length <= 64 && v.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-')),
            o => o.Kinesis.Region, (o, v) => o.Kinesis.Region = v, "Region"),
        Of("Kinesis:AccessKeyId", "An access key; without it AWS's chain.",
            new Text(), o => o.Kinesis.AccessKeyId, (o, v) => o.Kinesis.AccessKeyId = v),
        Secret("Kinesis:SecretAccessKey", "The secret to `Kinesis:AccessKeyId`.",
            o => o.Kinesis.SecretAccessKey, (o, v) => o.Kinesis.SecretAccessKey = v),
        Secret("Kinesis:SessionToken", "The session token of temporary credentials.",
            o => o.Kinesis.SessionToken, (o, v) => o.Kinesis.SessionToken = v),
        Of("Kinesis:Profile", "A profile of AWS's shared files; without it AWS's chain.",
            new Text(), o => o.Kinesis.Profile, (o, v) => o.Kinesis.Profile = v),
        Of("Kinesis:ConnectTimeout", "How long connecting may take.",
            new Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(300)), o =>
                o.Kinesis.ConnectTimeout, (o, v) => o.Kinesis.ConnectTimeout = v, "ConnectTimeout"),
        Of("Kinesis:UseArnHost", "Whether streams given by ARN use the account's own host.",
            Choice.Switch, o => o.Kinesis.UseArnHost, (o, v) => o.Kinesis.UseArnHost = v, "UseArnHost"),
        Of("Kinesis:VerifyCertificate", "Whether the server's certificate must be valid.",
            Choice.Switch, o => o.Kinesis.VerifyCertificate, (o, v) => o.Kinesis.VerifyCertificate = v, "VerifyCertificate"),
        Of("Kinesis:CaCertFile", "A PEM file of certificate authorities trusted beside the system's.",
            new Text(), o => o.Kinesis.CaCertFile, (o, v) => o.Kinesis.CaCertFile = v, "CaCertFile"),
        Of("Kinesis:CaCertPath", "A folder of PEM files with certificate authorities trusted beside the system's.",
            new Text(), o => o.Kinesis.CaCertPath, (o, v) => o.Kinesis.CaCertPath = v, "CaCertPath"),
        Of("Kinesis:VectorHashing", "Whether bodies that are ready together are hashed side by side where that is faster than the platform's SHA-256; off where a FIPS-validated hash is required. In FIPS mode the platform hashes all.",
            Choice.Switch, o => o.Kinesis.VectorHashing, (o, v) => o.Kinesis.VectorHashing = v),
        Of("Kinesis:ProxyHost", "A proxy's host.",
            Host, o => o.Kinesis.ProxyHost, (o, v) => o.Kinesis.ProxyHost = v, "ProxyHost"),
        Of("Kinesis:ProxyPort", "The proxy's port.",
            new WholeNumber(1, MaxPort), o => o.Kinesis.ProxyPort, (o, v) => o.Kinesis.ProxyPort = (int)v, "ProxyPort"),
        Of("Kinesis:ProxyUserName", "The user at the proxy.",
            new Text(), o => o.Kinesis.ProxyUserName, (o, v) => o.Kinesis.ProxyUserName = v, "ProxyUserName"),
        Secret("Kinesis:ProxyPassword", "The password at the proxy.",
            o => o.Kinesis.ProxyPassword, (o, v) => o.Kinesis.ProxyPassword = v, "ProxyPassword"),
        .. MetricsSettings.All,
    ];

    /// <summary>The two settings of KPL that correspond to one URL here.</summary>
    public static IReadOnlyList<Setting<KplEndpoint>> Endpoint { get; } =
    [
        new Setting<KplEndpoint, string?>("KinesisEndpoint", KplSettingScope.Process, "KPL's spelling of the host in `Kinesis:EndpointUrl`; always https.",
            new Text("a host name; a URL goes into Kpl:Kinesis:EndpointUrl", v => Uri.CheckHostName(v) is UriHostNameType.Dns or UriHostNameType.IPv4),
            o => o.Host, (o, v) => o.Host = v, []),
        new Setting<KplEndpoint, long>("KinesisPort", KplSettingScope.Process, "KPL's spelling of the port in `Kinesis:EndpointUrl`; only with `KinesisEndpoint`.",
            new WholeNumber(1, MaxPort), o => o.Port, (o, v) => o.Port = (int)v, []),
    ];

    /// <summary>The file of KPL's own settings.</summary>
    public static IReadOnlyList<Setting<KplPropertiesFile>> File { get; } =
    [
        new Setting<KplPropertiesFile, string?>(
            "PropertiesFile", KplSettingScope.Process, "A [properties file of KPL](kpl-properties.md); every other source of settings comes before it.",
            new Text(), f => f.Path, (f, v) => f.Path = v, []),
    ];

    private static Setting<KplOptions, T> Of<T>(
        string name, string description, SettingValue<T> value, Func<KplOptions, T> get, Action<KplOptions, T> set, params string[] aliases) =>
        new(name, KplSettingScope.Process, description, value, get, set, aliases);

    private static Setting<KplOptions, string?> Secret(
        string name, string description, Func<KplOptions, string?> get, Action<KplOptions, string?> set, params string[] aliases) =>
        new(name, KplSettingScope.Process, description, new Text(), get, set, aliases, isSecret: true);
}
