using Orleans.Kpl.Settings;

namespace Orleans.Kpl;

/// <summary>
/// The table of all settings: names, defaults, ranges, and how they are read from text. Configuration, command line, environment and
/// documentation all use it.
/// </summary>
internal static class KplSettings
{
    /// <summary>
    /// The sections that other packages of this product read. A process that does not use a section ignores it, so that a silo, a
    /// client and an embedded producer can share a file. A package that adds a section adds it here.
    /// </summary>
    public static IReadOnlyList<string> OtherSections { get; } = [.. KplClusterSettings.Sections, "Http", "Front"];

    /// <summary>Every known setting, by scope, in the order in which they are best explained.</summary>
    public static IReadOnlyList<KplSetting> All { get; } = [.. StreamSettings.All, .. ProcessSettings.All, .. FixedSetting.All];

    /// <summary>Reads options of an embedded producer from flat settings and checks them; reports all errors, not only the first.</summary>
    public static OptionsReport<KplOptions> Read(IEnumerable<KeyValuePair<string, string?>> settings, params IEnumerable<string> knownSections) =>
        Read(settings, BacklogHost.Embedded, knownSections);

    /// <summary>Reads options of any process from flat settings, and checks them.</summary>
    /// <param name="settings">
    /// Keys relative to section <c>Kpl</c>, in any case, parts separated by colons (<c>RecordTtl</c>, <c>Kinesis:Region</c>,
    /// <c>Streams:events:RateLimit</c>), and their text. A null counts as not set. Empty text means none for texts and URLs, and is an
    /// error for all others.
    /// </param>
    /// <param name="knownSections">Sections below <c>Kpl</c> that belong to other packages, such as <c>Http</c>; they are skipped.</param>
    public static OptionsReport<KplOptions> Read(
        IEnumerable<KeyValuePair<string, string?>> settings, BacklogHost host, params IEnumerable<string> knownSections)
    {
        var read = ReadInto(new KplOptions(), settings, knownSections);
        var check = KplOptionsValidator.Validate(read.Options, host);
        return new(read.Options, [.. read.Errors, .. check.Errors], [.. read.Warnings, .. check.Warnings]);
    }

    /// <summary>Reads settings into existing options; checks each value's own range and nothing else.</summary>
    internal static OptionsReport<KplOptions> ReadInto(
        KplOptions options, IEnumerable<KeyValuePair<string, string?>> settings, IEnumerable<string> knownSections)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(knownSections);
        var reader = new SettingsReader(options, [.. knownSections]);
        var errors = new List<string>();
        var resolved = SecretFiles.Resolve(settings, static s => SettingNames.FindInProcess(s) is not null, errors);
        foreach (var (key, text) in SettingLists.Join(resolved, static s => SettingNames.FindInProcess(s) is { IsList: true }, errors))
            reader.Add(key, text);
        reader.AddFile();
        var report = reader.Finish();
        return errors.Count == 0 ? report : report with { Errors = [.. errors, .. report.Errors] };
    }

    /// <summary>Reads KPL's own properties into options of their own, and checks them.</summary>
    internal static OptionsReport<KplOptions> ReadProperties(string text)
    {
        var options = new KplOptions();
        var reader = new SettingsReader(options, []);
        reader.AddBelow(new KplPropertyReader("properties").Read(text));
        var read = reader.Finish();
        return read with { Errors = [.. read.Errors, .. KplOptionsValidator.Validate(options).Errors] };
    }
}
