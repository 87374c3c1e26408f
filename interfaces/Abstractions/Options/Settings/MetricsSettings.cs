namespace Orleans.Kpl.Settings;

/// <summary>The settings of what is collected of the metrics, and where it goes.</summary>
internal static class MetricsSettings
{
    /// <summary>What <c>Metrics:Sinks</c> may name.</summary>
    public static IReadOnlyList<string> Sinks { get; } = ["InMemory", "Prometheus", "CloudWatch", "CloudWatchOtlp", "Datadog"];

    private const string NoSinks = "none";
    private const int MaxPort = 65_535;
    private const int LongestNamespace = 255;
    private const int LongestPrefix = 100;

    private static readonly Text Host = HostBeside("Metrics:EndpointUrl");

    public static IReadOnlyList<Setting<KplOptions>> All { get; } =
    [
        Of("MetricsLevel", "Which metrics a collector keeps: none, what every dashboard needs (`Summary`), or all.",
            Choice.Of<MetricsLevel>(), static o => o.Level, static (o, v) => o.Level = v),
        Of("MetricsGranularity", "By what they are told apart; `Auto` is by shard for streams with up to 500 open shards, else by stream.",
            Choice.Of<MetricsGranularity>(), static o => o.Granularity, static (o, v) => o.Granularity = v),
        Of("MetricsNamespace", "The namespace in CloudWatch.",
            new Text("1 to 255 letters, digits, blanks and . - _ / # :, not beginning with AWS/", IsNamespace),
            static o => o.Namespace, static (o, v) => o.Namespace = v ?? new MetricsOptions().Namespace),
        Of("MetricsUploadDelay", "The time between two uploads.",
            new Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)), static o => o.UploadDelay, static (o, v) => o.UploadDelay = v),
        Of("Metrics:Sinks", "Where collected metrics go: `InMemory`, `Prometheus`, `CloudWatch`, `Datadog`, in silos and the local tier `CloudWatchOtlp`, with commas between them, or `none`. Unset: `Prometheus` in silos and the local tier.",
            new Text($"{string.Join(", ", Sinks)} with commas between them, or none", IsSinks),
            static o => o.Sinks is { } sinks ? Join(sinks) ?? NoSinks : null, static (o, v) => o.Sinks = v is null ? null : Parse(v)),
        Of("Metrics:Meters", "Further meters on the Prometheus page and by OTLP, with commas between them, such as `Microsoft.Orleans,System.Runtime`.",
            new Text(), static o => Join(o.Meters), static (o, v) => o.Meters = v is null ? [] : Split(v)),
        Of("Metrics:Dimensions", "Further dimensions of every metric at CloudWatch, and tags at Datadog, with commas between them, such as `env=prod,team=orders`.",
            new Text(MetricsDimensions.Range, static v => MetricsDimensions.TryParse(v, out _)),
            static o => MetricsDimensions.Format(o.Dimensions), static (o, v) => o.Dimensions = MetricsDimensions.Parse(v)),
        Of("CloudwatchEndpoint", "CloudWatch's host instead of the region's; always https.",
            Host, static o => o.CloudwatchEndpoint, static (o, v) => o.CloudwatchEndpoint = v),
        Of("CloudwatchPort", "The port at `CloudwatchEndpoint`.",
            new WholeNumber(1, MaxPort), static o => o.CloudwatchPort, static (o, v) => o.CloudwatchPort = (int)v),
        Of("Metrics:EndpointUrl", "CloudWatch's endpoint instead of AWS's own.",
            new Url(), static o => o.EndpointUrl, static (o, v) => o.EndpointUrl = v),
        Of("Metrics:Region", "The region of CloudWatch; without it that of Kinesis.",
            new Text("lower-case letters, digits and '-', at most 64", static v => v.Length <= 64 && v.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-')),
            static o => o.Region, static (o, v) => o.Region = v),
        Of("Metrics:AccessKeyId", "An access key for CloudWatch; without it the credentials for Kinesis.",
            new Text(), static o => o.AccessKeyId, static (o, v) => o.AccessKeyId = v),
        Secret("Metrics:SecretAccessKey", "The secret to `Metrics:AccessKeyId`.", static o => o.SecretAccessKey, static (o, v) => o.SecretAccessKey = v),
        Secret("Metrics:SessionToken", "The session token of temporary credentials for CloudWatch.",
            static o => o.SessionToken, static (o, v) => o.SessionToken = v),
        Of("Metrics:Profile", "A profile of AWS's shared files for CloudWatch; without it the credentials for Kinesis.",
            new Text(), static o => o.Profile, static (o, v) => o.Profile = v),
        Of("Metrics:DatadogApiKey", "Datadog's API key; without it that of the environment variable `DD_API_KEY`.",
            new Text("visible ASCII characters", static v => v.All(static c => c is > ' ' and <= '~')),
            static o => o.DatadogApiKey, static (o, v) => o.DatadogApiKey = v, isSecret: true),
        Of("Metrics:DatadogSite", "Datadog's site, such as `datadoghq.eu`; without it that of the environment variable `DD_SITE`, else `datadoghq.com`.",
            HostBeside("Metrics:DatadogUrl"), static o => o.DatadogSite, static (o, v) => o.DatadogSite = v),
        Of("Metrics:DatadogUrl", "An address instead of `https://api.SITE`, such as that of a proxy.",
            new Url(), static o => o.DatadogUrl, static (o, v) => o.DatadogUrl = v),
        Of("Metrics:DatadogPrefix", "What stands before the name of each metric at Datadog, with a dot between them.",
            new Text("a letter, then letters, digits, '_' and '.', at most 100", IsPrefix),
            static o => o.DatadogPrefix, static (o, v) => o.DatadogPrefix = v ?? new MetricsOptions().DatadogPrefix),
    ];

    private static Text HostBeside(string url) => new(
        $"a host name; a URL goes into Kpl:{url}", static v => Uri.CheckHostName(v) is UriHostNameType.Dns or UriHostNameType.IPv4);

    private static bool IsPrefix(string text) =>
        text.Length <= LongestPrefix && char.IsAsciiLetter(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');

    private static bool IsNamespace(string text) =>
        text.Length <= LongestNamespace && !text.StartsWith("AWS/", StringComparison.Ordinal)
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '#' or ':' or ' ');

    private static bool IsSinks(string text) =>
        text.Trim().Equals(NoSinks, StringComparison.OrdinalIgnoreCase)
        || Split(text) is { Length: > 0 } names && names.All(static n => Sinks.Contains(n, StringComparer.OrdinalIgnoreCase));

    private static string[] Parse(string text) =>
        text.Trim().Equals(NoSinks, StringComparison.OrdinalIgnoreCase)
            ? []
            : [.. Split(text).Select(static n => Sinks.First(s => s.Equals(n, StringComparison.OrdinalIgnoreCase))).Distinct()];

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? Join(IReadOnlyList<string> names) => names.Count == 0 ? null : string.Join(',', names);

    private static Setting<KplOptions, T> Of<T>(
        string name, string description, SettingValue<T> value, Func<MetricsOptions, T> get, Action<MetricsOptions, T> set, bool isSecret = false) =>
        new(name, KplSettingScope.Process, description, value, o => get(o.Metrics), (o, v) => set(o.Metrics, v), [], isSecret);

    private static Setting<KplOptions, string?> Secret(
        string name, string description, Func<MetricsOptions, string?> get, Action<MetricsOptions, string?> set) =>
        Of(name, description, new Text(), get, set, isSecret: true);
}
