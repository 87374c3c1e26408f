using Orleans.Kpl.Settings;
using Orleans.Kpl.Validation;

namespace Orleans.Kpl;

/// <summary>The kind of process that options are for. It determines where the durable backlog is.</summary>
internal enum BacklogHost
{
    /// <summary>An embedded producer: the backlog is in <see cref="BacklogOptions.Directory"/>, if that is set.</summary>
    Embedded = 0,

    /// <summary>A silo with <see cref="ClusterMembership.Localhost"/>: the backlog is in a directory too, though a silo could have a table.</summary>
    LocalSilo,

    /// <summary>A silo with <see cref="ClusterMembership.DynamoDb"/>: the backlog is in a DynamoDB table.</summary>
    ClusterSilo,

    /// <summary>A client of a cluster: the backlog is at the silos, whose settings apply.</summary>
    ClusterClient,
}

/// <summary>Checks options, whether they come from configuration or from code.</summary>
internal static class KplOptionsValidator
{
    /// <summary>
    /// Checks the options of a process, by default of an embedded producer, and of each configured stream; reports all errors, not only the first. It
    /// does not check the backlog's folder.
    /// </summary>
    public static OptionsReport<KplOptions> Validate(KplOptions options, BacklogHost host = BacklogHost.Embedded)
    {
        ArgumentNullException.ThrowIfNull(options);
        var ofAll = StreamRules.Check(options, options.Backlog, host);
        List<(string Path, OptionsFinding Finding)> findings = [.. ofAll.Concat(ProcessRules.Check(options, host)).Select(static f => ("", f))];
        foreach (var stream in options.ConfiguredStreams.Order(StringComparer.Ordinal))
        {
            var section = $"Streams:{stream}:";
            var settings = options.GetStream(stream);

            // Findings about inherited settings were reported above.
            findings.AddRange(StreamRules.Check(settings, options.Backlog, host).Except(ofAll).Select(f => (section, f)));
            if (!StreamName.IsFit(stream))
                findings.Add(("Streams:", new(true, stream, $"names no stream: allowed is {StreamName.Rule}")));
            findings.AddRange(StreamRules.CheckPart(options, settings).Select(f => (section, f)));
        }

        return new(options, Tell(findings, errors: true), [.. options.ReadingWarnings, .. Tell(findings, errors: false)]);
    }

    /// <summary>Checks what is collected of the metrics, and where it goes, and nothing else.</summary>
    public static OptionsReport<KplOptions> ValidateMetrics(KplOptions options)
    {
        OptionsFindings findings = [.. MetricsSettings.All.Check(options)];
        ProcessRules.CheckMetrics(findings, options.Metrics);
        return Report(options, findings);
    }

    /// <summary>Checks that a tier that is no silo has time for its stop, and nothing else.</summary>
    public static OptionsReport<KplOptions> ValidateStop(KplOptions options)
    {
        OptionsFindings findings = [];
        ProcessRules.CheckStop(findings, options);
        return Report(options, findings);
    }

    /// <summary>Returns what was found in options without streams.</summary>
    internal static OptionsReport<TOptions> Report<TOptions>(TOptions options, OptionsFindings findings)
    {
        var all = findings.ConvertAll(static f => ("", f));
        return new(options, Tell(all, errors: true), Tell(all, errors: false));
    }

    private static string[] Tell(IEnumerable<(string Path, OptionsFinding Finding)> findings, bool errors) =>
        [.. findings.Where(f => f.Finding.IsError == errors).Select(f => $"Kpl:{f.Path}{f.Finding.Setting} {f.Finding.Text}")];
}
