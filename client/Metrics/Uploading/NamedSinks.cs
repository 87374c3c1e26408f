using Microsoft.Extensions.Logging;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Metrics.Datadog;

namespace Orleans.Kpl.Metrics.Uploading;

/// <summary>Makes the sinks that <c>Kpl:Metrics:Sinks</c> names and that upload.</summary>
internal static class NamedSinks
{
    /// <summary>Makes them.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="errors">What is wrong already, and what cannot work besides; then nothing that was returned is used.</param>
    public static IReadOnlyList<IMetricsSink> Create(
        KplOptions options, ILogger logger, TimeProvider time, Func<string, string?> variable, List<string> errors)
    {
        List<IMetricsSink> sinks = [];
        if (options.Metrics is not { Level: not MetricsLevel.None, Sinks: { } named })
            return sinks;
        // Settings that cannot work make no sinks, but everything that is wrong is told at once.
        var isChecked = errors.Count == 0;
        if (isChecked && named.Contains("CloudWatch"))
            Try(() => sinks.Add(CloudWatchSink.Create(options, logger, time)));
        if (isChecked && named.Contains("Datadog"))
            Try(() => sinks.Add(DatadogSink.Create(options, variable, logger, time)));
        else if (named.Contains("Datadog"))
            Try(() => DatadogAccess.Resolve(options.Metrics, variable));
        return sinks;

        void Try(Action create)
        {
            try
            {
                create();
            }
            catch (KplOptionsException error)
            {
                errors.AddRange(error.Errors);
            }
        }
    }
}
