using Orleans.Kpl.Settings;
using Orleans.Kpl.Validation;

namespace Orleans.Kpl;

/// <summary>Checks options, however they came to be: by configuration or in code.</summary>
public static class KplOptionsValidator
{
    /// <summary>Checks the options, and those of each configured stream; all errors are reported, not only the first.</summary>
    public static KplOptionsReport Validate(KplOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var ofAll = CheckStream(options).ToList();
        List<(string Path, OptionsFinding Finding)> findings =
        [
            .. ofAll.Select(f => ("", f)),
            .. CheckProcess(options).Select(f => ("", f)),
        ];

        foreach (var stream in options.ConfiguredStreams.Order(StringComparer.Ordinal))
        {
            var section = $"Streams:{stream}:";
            var settings = options.GetStream(stream);

            // What a stream inherits was told above.
            findings.AddRange(CheckStream(settings).Except(ofAll).Select(f => (section, f)));
            findings.AddRange(StreamNameValidator.Check(stream).Select(f => ("Streams:", f)));
            findings.AddRange(RoomOptionsValidator.Check(options, settings).Select(f => (section, f)));
        }

        return new(options, Tell(findings, errors: true), Tell(findings, errors: false));
    }

    private static IEnumerable<OptionsFinding> CheckStream(StreamOptions options) =>
    [
        .. RangeValidator.Check(StreamSettings.All, options),
        .. SupportValidator.Check(options),
        .. BackoffOptionsValidator.Check(options),
        .. TimeOptionsValidator.Check(options),
        .. SizeOptionsValidator.Check(options),
        .. OrderOptionsValidator.Check(options),
    ];

    private static IEnumerable<OptionsFinding> CheckProcess(KplOptions options) =>
    [
        .. RangeValidator.Check(ProcessSettings.All, options),
        .. KinesisOptionsValidator.Check(options.Kinesis),
    ];

    private static string[] Tell(IEnumerable<(string Path, OptionsFinding Finding)> findings, bool errors) =>
        [.. findings.Where(f => f.Finding.IsError == errors).Select(f => $"Kpl:{f.Path}{f.Finding.Setting} {f.Finding.Text}")];
}
