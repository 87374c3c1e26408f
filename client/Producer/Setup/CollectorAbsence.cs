using System.Reflection;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Finds settings that ask for an upload of metrics where nothing uploads: the collector is another package's, and a program starts it.</summary>
internal static class CollectorAbsence
{
    private const string Package = "Orleans.Kpl.Metrics";

    /// <summary>Returns the warning; empty where there is no reason for one.</summary>
    /// <param name="loaded">The assemblies of the process. The collector's is there once a program has started it.</param>
    public static IEnumerable<string> FindWarnings(MetricsOptions options, IEnumerable<Assembly> loaded) =>
        options is { Level: not MetricsLevel.None, Sinks: { } sinks } && sinks.Any(static s => s is "CloudWatch" or "CloudWatchOtlp" or "Datadog")
        && !loaded.Any(static a => a.GetName().Name == Package)
            ? [$"Kpl:Metrics:Sinks is '{string.Join(',', sinks)}', and nothing uploads: add package {Package}, and start a MetricsCollector before the producer"]
            : [];
}

/// <summary>Finds a file of AWS Glue's registry that nothing will read: what does is another package's.</summary>
internal static class GlueAbsence
{
    private const string Package = "Orleans.Kpl.Glue";

    /// <summary>Returns the warning; empty where there is no reason for one.</summary>
    public static IEnumerable<string> FindWarnings(KplOptions options) =>
        options.GlueSchemaRegistryPropertiesFilePath is { } path && Type.GetType("Orleans.Kpl.Glue.GlueSchemaRegistry, Orleans.Kpl.Glue") is null
            ? [$"Kpl:{nameof(KplOptions.GlueSchemaRegistryPropertiesFilePath)} is '{path}', and nothing reads it: add package {Package}, and put records through WithSchema"]
            : [];
}
