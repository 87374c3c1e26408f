using Orleans.Kpl.Settings;

namespace Orleans.Kpl;

/// <summary>The settings of a silo or a cluster's client beside <see cref="KplSettings"/>: names, defaults, ranges, and how they are read.</summary>
internal static class KplClusterSettings
{
    /// <summary>The sections below <c>Kpl</c> that contain these settings.</summary>
    public static IReadOnlyList<string> Sections { get; } = ["Cluster", "DynamoDb"];

    /// <summary>Every setting, in the order in which they are best explained.</summary>
    public static IReadOnlyList<KplSetting> All { get; } = ClusterSettings.All;

    /// <summary>Reads options from flat settings and checks them; reports all errors, not only the first.</summary>
    /// <param name="settings">
    /// Keys relative to section <c>Kpl</c>, in any case, parts separated by colons (<c>Cluster:SiloPort</c>), and their text. Settings of
    /// other sections are ignored. A null counts as not set. Empty text means none for texts and URLs, and is an error for all others.
    /// </param>
    /// <param name="configure">Changes the options after reading and before the check.</param>
    public static KplClusterReport Read(IEnumerable<KeyValuePair<string, string?>> settings, Action<KplClusterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new KplClusterOptions();
        var errors = new List<string>();
        foreach (var (path, text) in SecretFiles.Resolve(settings, static s => Find(s) is not null, errors))
        {
            if (text is null || !Sections.Any(s => IsOrIsBelow(path, s)))
                continue;
            if (Find(path) is not { } setting)
                errors.Add(Unknown(path));
            else if (setting.Read(text) is { Error: { } error })
                errors.Add($"Kpl:{path} {(setting.IsSecret ? "has a value that is not allowed" : $"is {SettingNames.Quote(text)}")}: {error}");
            else
                setting.Read(text).Apply!(options);
        }

        configure?.Invoke(options);
        var check = KplClusterOptionsValidator.Validate(options);
        return new(options, [.. errors, .. check.Errors], check.Warnings);
    }

    /// <summary>Finds names in these sections that are none of the settings', for a process that does not read the sections itself.</summary>
    public static IEnumerable<string> FindUnknown(IEnumerable<KeyValuePair<string, string?>> settings) =>
        settings.Where(static s => s.Value is not null && Sections.Any(name => IsOrIsBelow(s.Key, name)))
            .Where(static s => Find(SecretFiles.FindSetting(s.Key) ?? s.Key) is null)
            .Select(static s => Unknown(s.Key));

    private static Setting<KplClusterOptions>? Find(string path) =>
        ClusterSettings.All.FirstOrDefault(s => s.Name.Equals(path, StringComparison.OrdinalIgnoreCase));

    private static string Unknown(string path) =>
        $"Kpl:{path} is not known; {NearestSetting.Advice(NearestSetting.FindAmong(path, ClusterSettings.All.Select(static s => s.Name)))}";

    private static bool IsOrIsBelow(string path, string section) =>
        path.StartsWith(section, StringComparison.OrdinalIgnoreCase) && (path.Length == section.Length || path[section.Length] == ':');
}
