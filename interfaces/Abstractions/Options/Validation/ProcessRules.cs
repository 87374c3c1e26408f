using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Validation;

/// <summary>Which settings of a process fit each other, and which of them would silently be without effect.</summary>
internal static class ProcessRules
{
    public static OptionsFindings Check(KplOptions options, BacklogHost host)
    {
        OptionsFindings found = [.. ProcessSettings.All.Check(options)];
        CheckKinesis(found, options.Kinesis);
        CheckMetrics(found, options.Metrics);
        if (options.Backlog.Directory is not null)
        {
            found.WarnIf(host == BacklogHost.ClusterSilo, "Backlog:Directory", "has no effect with Kpl:Cluster:Membership dynamodb: the backlog is a DynamoDB table");
            found.WarnIf(host == BacklogHost.ClusterClient, "Backlog:Directory", "has no effect in a client of a cluster: the silos have the backlog");
        }

        if (host is BacklogHost.LocalSilo or BacklogHost.ClusterSilo)
            CheckStop(found, options);
        CheckRole(found, options);
        CheckMemory(found, options, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return found;
    }

    /// <summary>Checks that what may wait leaves room for the rest of the program: where a process outgrows its container, the system ends it.</summary>
    /// <param name="available">The bytes that .NET may use on this machine or in this container; 0 if it is not known.</param>
    public static void CheckMemory(OptionsFindings found, KplOptions options, long available) =>
        found.WarnIf(available > 0 && options.MaxOutstandingBytes > available / 2, nameof(options.MaxOutstandingBytes),
            $"is '{options.MaxOutstandingBytes}', more than half of the {available} bytes that this process may use: "
            + "the system could end it, and what waits in memory would be lost");

    /// <summary>Checks that the parts of a tier's stop fit into the whole. An embedded producer has no such whole: its program stops when it likes.</summary>
    public static void CheckStop(OptionsFindings found, KplOptions options) =>
        found.ErrorIf(options.DrainTimeout > options.StopTimeout, nameof(options.DrainTimeout),
            $"is '{DurationText.Format(options.DrainTimeout)}', longer than StopTimeout, which is '{DurationText.Format(options.StopTimeout)}': the process would be gone before");

    /// <summary>Checks that the settings of collected metrics fit each other.</summary>
    public static void CheckMetrics(OptionsFindings found, MetricsOptions options)
    {
        var sinks = options.Sinks ?? [];
        foreach (var sink in sinks.Where(static s => !MetricsSettings.Sinks.Contains(s, StringComparer.Ordinal)))
            found.ErrorIf(true, "Metrics:Sinks", $"has '{sink}': allowed are {string.Join(", ", MetricsSettings.Sinks)}");
        CheckDimensions(found, options);
        found.CheckCredentials("Metrics", options.AccessKeyId, options.SecretAccessKey, options.SessionToken, options.Profile);
        CheckCode(found, "Metrics", options.Credentials, options.AccessKeyId, options.Profile);
        var hasHost = !string.IsNullOrEmpty(options.CloudwatchEndpoint);
        found.ErrorIf(options.EndpointUrl is not null && hasHost, "CloudwatchEndpoint", "is set beside Kpl:Metrics:EndpointUrl: they are one setting");
        found.WarnIf(options.CloudwatchPort != new MetricsOptions().CloudwatchPort && !hasHost, "CloudwatchPort", "has no effect without Kpl:CloudwatchEndpoint");
        found.WarnOfClearText("Metrics:EndpointUrl", options.EndpointUrl, "metrics and session tokens");
        found.ErrorIf(options.DatadogUrl is not null && !string.IsNullOrEmpty(options.DatadogSite), "Metrics:DatadogSite",
            "is set beside Kpl:Metrics:DatadogUrl: they are one setting");
        found.WarnOfClearText("Metrics:DatadogUrl", options.DatadogUrl, "metrics and the key");
    }

    private static void CheckDimensions(OptionsFindings found, MetricsOptions options)
    {
        const string all = "Metrics:Dimensions";
        List<(string Setting, IReadOnlyList<KeyValuePair<string, string>> Dimensions)> given =
            [(all, options.Dimensions), ("Metrics:StreamDimensions", options.StreamDimensions), ("Metrics:ShardDimensions", options.ShardDimensions)];
        foreach (var (setting, dimensions) in given.Where(static g => g.Dimensions.Count > 0))
        {
            foreach (var error in MetricsDimensions.FindErrors(dimensions))
                found.ErrorIf(true, setting, error);
            found.WarnIf(options.Sinks?.Any(static s => s is "CloudWatch" or "Datadog") != true, setting,
                "has no effect without CloudWatch or Datadog in Kpl:Metrics:Sinks");
        }

        foreach (var error in MetricsDimensions.FindErrorsOfAll([.. options.AllDimensions]))
            found.ErrorIf(true, given.Last(static g => g.Dimensions.Count > 0).Setting, error);
    }

    /// <summary>Checks that credentials in code are the only ones.</summary>
    private static void CheckCode(OptionsFindings found, string section, Delegate? code, string? accessKeyId, string? profile)
    {
        var beside = $"is set beside {section}Options.Credentials: give one of them";
        found.ErrorIf(code is not null && !string.IsNullOrEmpty(accessKeyId), $"{section}:AccessKeyId", beside);
        found.ErrorIf(code is not null && !string.IsNullOrEmpty(profile), $"{section}:Profile", beside);
    }

    private static void CheckKinesis(OptionsFindings found, KinesisOptions options)
    {
        found.CheckCredentials("Kinesis", options.AccessKeyId, options.SecretAccessKey, options.SessionToken, options.Profile);
        CheckCode(found, "Kinesis", options.Credentials, options.AccessKeyId, options.Profile);

        var hasUser = !string.IsNullOrEmpty(options.ProxyUserName);
        found.WarnIf(hasUser && string.IsNullOrEmpty(options.ProxyHost), "Kinesis:ProxyUserName", "has no effect without Kpl:Kinesis:ProxyHost");
        found.WarnIf(!hasUser && !string.IsNullOrEmpty(options.ProxyPassword), "Kinesis:ProxyPassword", "has no effect without Kpl:Kinesis:ProxyUserName");
        found.WarnOfClearText("Kinesis:EndpointUrl", options.EndpointUrl, "records and session tokens");
        if (options.VerifyCertificate)
            return;
        const string unverified = "has no effect while Kpl:Kinesis:VerifyCertificate is false";
        found.WarnIf(true, "Kinesis:VerifyCertificate", "is false: anybody on the way can take the endpoint's place, and read the records");
        found.WarnIf(!string.IsNullOrEmpty(options.CaCertFile), "Kinesis:CaCertFile", unverified);
        found.WarnIf(!string.IsNullOrEmpty(options.CaCertPath), "Kinesis:CaCertPath", unverified);
    }

    /// <summary>Checks that what is said about a role belongs to one: of all streams, or of some.</summary>
    private static void CheckRole(OptionsFindings found, KplOptions options)
    {
        List<StreamOptions> all = [options, .. options.ConfiguredStreams.Select(options.GetStream)];
        var hasRole = all.Exists(static o => !string.IsNullOrEmpty(o.RoleArn));
        found.WarnIf(!hasRole && all.Exists(static o => !string.IsNullOrEmpty(o.RoleExternalId)), "RoleExternalId", "has no effect without Kpl:RoleArn");
        found.WarnIf(!hasRole && all.Exists(static o => !string.IsNullOrEmpty(o.RoleSessionName)), "RoleSessionName", "has no effect without Kpl:RoleArn");
    }
}
