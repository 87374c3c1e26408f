namespace Orleans.Kpl.Settings;

/// <summary>The settings of what is collected of the metrics, and where it goes, spans too.</summary>
internal static class MetricsSettings
{
    /// <summary>The sinks that <c>Metrics:Sinks</c> may name.</summary>
    public static IReadOnlyList<string> Sinks { get; } = ["InMemory", "Prometheus", "CloudWatch", "CloudWatchOtlp", "Datadog"];

    private const string NoSinks = "none";
    private const int LongestNamespace = 255;
    private const int LongestPrefix = 100;

    private static readonly Text Dimensions =
        new(MetricsDimensions.Range, static v => MetricsDimensions.TryParse(v, out _), longest: MetricsDimensions.LongestText, isList: true);

    private static readonly Text Prefix = new("a letter, then letters, digits, '_' and '.', at most 100", IsPrefix);

    public static SettingTable<KplOptions> All { get; } = new()
    {
        { "MetricsLevel", "Which metrics a collector keeps: none, few (`Summary`: what ends, fails and waits), or all.",
            Choice.Of<MetricsLevel>(), static o => o.Metrics.Level, static (o, v) => o.Metrics.Level = v },
        { "MetricsGranularity", "By what they are told apart; `Auto` is by shard for streams with up to 500 open shards, else by stream; OTLP is by shard.",
            Choice.Of<MetricsGranularity>(), static o => o.Metrics.Granularity, static (o, v) => o.Metrics.Granularity = v },
        { "MetricsNamespace", "The namespace in CloudWatch.",
            new Text("1 to 255 letters, digits, blanks and . - _ / # :, not beginning with AWS/", IsNamespace),
            static o => o.Metrics.Namespace, static (o, v) => o.Metrics.Namespace = v ?? new MetricsOptions().Namespace },
        { "MetricsUploadDelay", "The time between two uploads.",
            new Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)),
            static o => o.Metrics.UploadDelay, static (o, v) => o.Metrics.UploadDelay = v },
        { "Metrics:Sinks", "Where collected metrics go: `InMemory`, `Prometheus`, `CloudWatch`, `Datadog`, in silos and the local tier `CloudWatchOtlp`, with commas between them, or `none`. Unset: `Prometheus` in silos and the local tier.",
            new Text($"{string.Join(", ", Sinks)} with commas between them, or none", IsSinks, isList: true),
            static o => o.Metrics.Sinks is not { } sinks ? null : sinks.Count == 0 ? NoSinks : string.Join(',', sinks),
            static (o, v) => o.Metrics.Sinks = v is null ? null : Parse(v) },
        { "Metrics:Meters", "Further meters on the Prometheus page and by OTLP, with commas between them, such as `Microsoft.Orleans,System.Runtime`.",
            new TextList(), static o => o.Metrics.Meters, static (o, v) => o.Metrics.Meters = v },
        { "Metrics:Dimensions", "Further dimensions of every metric at CloudWatch, and tags at Datadog, with commas between them, such as `env=prod,team=orders`.",
            Dimensions,
            static o => MetricsDimensions.Format(o.Metrics.Dimensions), static (o, v) => o.Metrics.Dimensions = MetricsDimensions.Parse(v) },
        { "Metrics:StreamDimensions", "As `Metrics:Dimensions`, for the metrics of streams and shards alone.",
            Dimensions,
            static o => MetricsDimensions.Format(o.Metrics.StreamDimensions), static (o, v) => o.Metrics.StreamDimensions = MetricsDimensions.Parse(v) },
        { "Metrics:ShardDimensions", "As `Metrics:Dimensions`, for the metrics of shards alone.",
            Dimensions,
            static o => MetricsDimensions.Format(o.Metrics.ShardDimensions), static (o, v) => o.Metrics.ShardDimensions = MetricsDimensions.Parse(v) },
        { "CloudwatchEndpoint", "CloudWatch's host instead of the region's; always https.",
            Text.HostBeside("Metrics:EndpointUrl"), static o => o.Metrics.CloudwatchEndpoint, static (o, v) => o.Metrics.CloudwatchEndpoint = v },
        { "CloudwatchPort", "The port at `CloudwatchEndpoint`.",
            WholeNumber.PortElsewhere, static o => o.Metrics.CloudwatchPort, static (o, v) => o.Metrics.CloudwatchPort = (int)v },
        { "Metrics:EndpointUrl", "CloudWatch's endpoint instead of AWS's own.",
            new Url(), static o => o.Metrics.EndpointUrl, static (o, v) => o.Metrics.EndpointUrl = v },
        { "Metrics:Region", "The region of CloudWatch; without it that of Kinesis.",
            Text.Region, static o => o.Metrics.Region, static (o, v) => o.Metrics.Region = v },
        { "Metrics:AccessKeyId", "An access key for CloudWatch; without it the credentials for Kinesis.",
            Text.Any, static o => o.Metrics.AccessKeyId, static (o, v) => o.Metrics.AccessKeyId = v },
        { "Metrics:SecretAccessKey", "The secret to `Metrics:AccessKeyId`.",
            Text.Secret, static o => o.Metrics.SecretAccessKey, static (o, v) => o.Metrics.SecretAccessKey = v },
        { "Metrics:SessionToken", "The session token of temporary credentials for CloudWatch.",
            Text.Secret, static o => o.Metrics.SessionToken, static (o, v) => o.Metrics.SessionToken = v },
        { "Metrics:Profile", "A profile of AWS's shared files for CloudWatch; without it the credentials for Kinesis.",
            Text.Any, static o => o.Metrics.Profile, static (o, v) => o.Metrics.Profile = v },
        { "Metrics:DatadogApiKey", "Datadog's API key; without it that of the environment variable `DD_API_KEY`.",
            new Text("visible ASCII characters", static v => v.All(static c => c is > ' ' and <= '~'), isSecret: true),
            static o => o.Metrics.DatadogApiKey, static (o, v) => o.Metrics.DatadogApiKey = v },
        { "Metrics:DatadogSite", "Datadog's site, such as `datadoghq.eu`; without it that of the environment variable `DD_SITE`, else `datadoghq.com`.",
            Text.HostBeside("Metrics:DatadogUrl"), static o => o.Metrics.DatadogSite, static (o, v) => o.Metrics.DatadogSite = v },
        { "Metrics:DatadogUrl", "An address instead of `https://api.SITE`, such as that of a proxy.",
            new Url(), static o => o.Metrics.DatadogUrl, static (o, v) => o.Metrics.DatadogUrl = v },
        { "Metrics:DatadogPrefix", "What stands before the name of each metric at Datadog, with a dot between them.",
            Prefix, static o => o.Metrics.DatadogPrefix, static (o, v) => o.Metrics.DatadogPrefix = v ?? new MetricsOptions().DatadogPrefix },
        { "Otlp:InstrumentPrefix", "What stands before the name of each instrument of this library by OTLP, with a dot between them; in silos and the local tier.",
            Prefix, static o => o.Otlp.InstrumentPrefix, static (o, v) => o.Otlp.InstrumentPrefix = v },
        { "Otlp:Sources", "Further sources of [spans](tracing.md) by OTLP, with commas between them, such as `Microsoft.Orleans.Runtime`; in silos and the local tier.",
            new TextList(), static o => o.Otlp.Sources, static (o, v) => o.Otlp.Sources = v },
    };

    private static bool IsPrefix(string text) =>
        text.Length <= LongestPrefix && char.IsAsciiLetter(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');

    private static bool IsNamespace(string text) =>
        text.Length <= LongestNamespace && !text.StartsWith("AWS/", StringComparison.Ordinal)
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '#' or ':' or ' ');

    private static bool IsSinks(string text) =>
        text.Trim().Equals(NoSinks, StringComparison.OrdinalIgnoreCase)
        || TextList.Split(text) is { Length: > 0 } names && names.All(static n => Sinks.Contains(n, StringComparer.OrdinalIgnoreCase));

    private static string[] Parse(string text) =>
        text.Trim().Equals(NoSinks, StringComparison.OrdinalIgnoreCase)
            ? []
            : [.. TextList.Split(text).Select(static n => Sinks.First(s => s.Equals(n, StringComparison.OrdinalIgnoreCase))).Distinct()];
}
