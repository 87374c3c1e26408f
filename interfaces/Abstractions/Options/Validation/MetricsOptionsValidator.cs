using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Validation;

/// <summary>Checks that the settings of collected metrics are consistent, and that none is silently without effect.</summary>
internal static class MetricsOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(MetricsOptions options)
    {
        foreach (var sink in (options.Sinks ?? []).Where(static s => !MetricsSettings.Sinks.Contains(s, StringComparer.Ordinal)))
            yield return OptionsFinding.Error("Metrics:Sinks", $"has '{sink}': allowed are {string.Join(", ", MetricsSettings.Sinks)}");
        foreach (var error in MetricsDimensions.FindErrors(options.Dimensions))
            yield return OptionsFinding.Error("Metrics:Dimensions", error);
        if (options.Dimensions.Count > 0 && !(options.Sinks ?? []).Any(static s => s is "CloudWatch" or "Datadog"))
            yield return OptionsFinding.Warning("Metrics:Dimensions", "has no effect without CloudWatch or Datadog in Kpl:Metrics:Sinks");
        var hasKey = !string.IsNullOrEmpty(options.AccessKeyId);
        var hasSecret = !string.IsNullOrEmpty(options.SecretAccessKey);
        if (hasKey && !hasSecret)
            yield return OptionsFinding.Error("Metrics:AccessKeyId", "is set without Kpl:Metrics:SecretAccessKey");
        if (hasSecret && !hasKey)
            yield return OptionsFinding.Error("Metrics:SecretAccessKey", "is set without Kpl:Metrics:AccessKeyId");
        if (!string.IsNullOrEmpty(options.SessionToken) && !hasKey)
            yield return OptionsFinding.Error("Metrics:SessionToken", "is set without Kpl:Metrics:AccessKeyId");
        if (!string.IsNullOrEmpty(options.Profile) && hasKey)
            yield return OptionsFinding.Warning("Metrics:Profile", "has no effect beside Kpl:Metrics:AccessKeyId");
        if (options.EndpointUrl is not null && !string.IsNullOrEmpty(options.CloudwatchEndpoint))
            yield return OptionsFinding.Error("CloudwatchEndpoint", "is set beside Kpl:Metrics:EndpointUrl: they are one setting");
        if (options.CloudwatchPort != new MetricsOptions().CloudwatchPort && string.IsNullOrEmpty(options.CloudwatchEndpoint))
            yield return OptionsFinding.Warning("CloudwatchPort", "has no effect without Kpl:CloudwatchEndpoint");
        if (options.EndpointUrl is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false })
            yield return OptionsFinding.Warning("Metrics:EndpointUrl", "is http and not on this machine: metrics and session tokens are sent in clear");
        if (options.DatadogUrl is not null && !string.IsNullOrEmpty(options.DatadogSite))
            yield return OptionsFinding.Error("Metrics:DatadogSite", "is set beside Kpl:Metrics:DatadogUrl: they are one setting");
        if (options.DatadogUrl is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false })
            yield return OptionsFinding.Warning("Metrics:DatadogUrl", "is http and not on this machine: metrics and the key are sent in clear");
    }
}
