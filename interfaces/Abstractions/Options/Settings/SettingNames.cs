namespace Orleans.Kpl.Settings;

/// <summary>The settings by name, in any case.</summary>
internal static class SettingNames
{
    private const int LongestQuote = 100;

    private static readonly Dictionary<string, KplSetting> InProcess = ByName(KplSettings.All);
    private static readonly Dictionary<string, KplSetting> InStream = ByName(StreamSettings.All);
    private static readonly Dictionary<string, string> FirstInSections = InProcess.Keys.Where(static n => n.Contains(':', StringComparison.Ordinal))
        .Append("Streams:NAME:RecordTtl").DistinctBy(static n => n.Split(':')[0])
        .ToDictionary(static n => n.Split(':')[0], StringComparer.OrdinalIgnoreCase);

    /// <summary>The settings of section <c>Kpl</c> that set something.</summary>
    public static IEnumerable<string> OfProcess => InProcess.Where(static s => s.Value is not FixedSetting).Select(static s => s.Key);

    /// <summary>The settings allowed in section <c>Kpl:Streams:NAME</c>.</summary>
    public static IEnumerable<string> OfStream => InStream.Keys;

    public static KplSetting? FindInProcess(string name) => InProcess.GetValueOrDefault(name);

    public static KplSetting? FindInStream(string name) => InStream.GetValueOrDefault(name);

    /// <summary>Returns a setting of a known section, which appears without a value if it is empty; null where the path is none.</summary>
    public static string? FindInSection(string path) => FirstInSections.GetValueOrDefault(path);

    public static bool IsOrIsBelow(string path, string section) =>
        path.StartsWith(section, StringComparison.OrdinalIgnoreCase) && (path.Length == section.Length || path[section.Length] == ':');

    /// <summary>Shortens a value to one line, for use in a message.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length > LongestQuote ? string.Concat(text.AsSpan(0, LongestQuote), "…") : text;
        return $"'{string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c))}'";
    }

    private static Dictionary<string, KplSetting> ByName(IEnumerable<KplSetting> settings)
    {
        var names = new Dictionary<string, KplSetting>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in settings)
        {
            names.Add(setting.Name, setting);
            if (setting.Alias.Length > 0)
                names.Add(setting.Alias, setting);
        }

        return names;
    }
}
