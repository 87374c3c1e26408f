using Orleans.Kpl.Settings;
using Orleans.Kpl.Validation;

namespace Orleans.Kpl;

/// <summary>Checks options, whether they come from configuration or from code.</summary>
internal static class KplOptionsValidator
{
    /// <summary>
    /// Checks the options of an embedded producer and of each configured stream; reports all errors, not only the first. It does not
    /// check the backlog's folder.
    /// </summary>
    public static KplOptionsReport Validate(KplOptions options) => Validate(options, BacklogHost.Embedded);

    /// <summary>Checks the options of any process.</summary>
    /// <param name="options">The options.</param>
    /// <param name="host">The kind of process.</param>
    public static KplOptionsReport Validate(KplOptions options, BacklogHost host)
    {
        ArgumentNullException.ThrowIfNull(options);
        var ofAll = CheckStream(options, options.Backlog, host).ToList();
        List<(string Path, OptionsFinding Finding)> findings =
        [
            .. ofAll.Select(f => ("", f)),
            .. CheckProcess(options, host).Select(f => ("", f)),
            .. RoleOptionsValidator.Check(options).Select(f => ("", f)),
        ];

        foreach (var stream in options.ConfiguredStreams.Order(StringComparer.Ordinal))
        {
            var section = $"Streams:{stream}:";
            var settings = options.GetStream(stream);

            // Findings about inherited settings were reported above.
            findings.AddRange(CheckStream(settings, options.Backlog, host).Except(ofAll).Select(f => (section, f)));
            findings.AddRange(StreamNameValidator.Check(stream).Select(f => ("Streams:", f)));
            findings.AddRange(MemoryOptionsValidator.Check(options, settings).Select(f => (section, f)));
        }

        return new(options, Tell(findings, errors: true), [.. options.ReadingWarnings, .. Tell(findings, errors: false)]);
    }

    /// <summary>Checks what is collected of the metrics, and where it goes, and nothing else.</summary>
    public static KplOptionsReport ValidateMetrics(KplOptions options)
    {
        List<(string Path, OptionsFinding Finding)> findings =
        [
            .. RangeValidator.Check(MetricsSettings.All, options).Select(static f => ("", f)),
            .. MetricsOptionsValidator.Check(options.Metrics).Select(static f => ("", f)),
        ];
        return new(options, Tell(findings, errors: true), Tell(findings, errors: false));
    }

    private static IEnumerable<OptionsFinding> CheckStream(StreamOptions options, BacklogOptions backlog, BacklogHost host) =>
    [
        .. RangeValidator.Check(StreamSettings.All, options),
        .. BacklogOptionsValidator.Check(options, backlog, host),
        .. BackoffOptionsValidator.Check(options),
        .. TimeOptionsValidator.Check(options),
        .. SizeOptionsValidator.Check(options),
        .. OrderOptionsValidator.Check(options),
    ];

    private static IEnumerable<OptionsFinding> CheckProcess(KplOptions options, BacklogHost host) =>
    [
        .. RangeValidator.Check(ProcessSettings.All, options),
        .. KinesisOptionsValidator.Check(options.Kinesis),
        .. MetricsOptionsValidator.Check(options.Metrics),
        .. BacklogOptionsValidator.Check(options.Backlog, host),
        .. host is BacklogHost.LocalSilo or BacklogHost.ClusterSilo ? StopOptionsValidator.Check(options) : [],
    ];

    private static string[] Tell(IEnumerable<(string Path, OptionsFinding Finding)> findings, bool errors) =>
        [.. findings.Where(f => f.Finding.IsError == errors).Select(f => $"Kpl:{f.Path}{f.Finding.Setting} {f.Finding.Text}")];
}
