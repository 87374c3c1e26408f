namespace Orleans.Kpl.Settings;

/// <summary>The further dimensions of metrics, as one text: <c>name=value</c>, with commas between them.</summary>
internal static class MetricsDimensions
{
    /// <summary>CloudWatch takes 30 of a metric (API reference, <c>MetricDatum</c>); up to three are ours.</summary>
    public const int Most = 27;

    /// <summary>The allowed values, in human-readable form.</summary>
    public const string Range = "at most 27 name=value with commas between them, in printable ASCII";

    private const int LongestName = 255;
    private const int LongestValue = 1_024;

    /// <summary>The most characters of the text of one setting: names and values, with the signs behind them.</summary>
    public const int LongestText = Most * (LongestName + LongestValue + 2);

    private static readonly string[] Own = ["ErrorCode", "Result", "Sink", "StreamName", "ShardId"];

    /// <summary>Reads a text that <see cref="TryParse"/> takes; no text is none.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Parse(string? text) => text is not null && TryParse(text, out var parsed) ? parsed : [];

    /// <summary>Reads a text. What the dimensions are is not looked at.</summary>
    public static bool TryParse(string text, out IReadOnlyList<KeyValuePair<string, string>> dimensions)
    {
        List<KeyValuePair<string, string>> parsed = [];
        dimensions = parsed;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var end = part.IndexOf('=', StringComparison.Ordinal);
            if (end < 0)
                return false;
            parsed.Add(new(part[..end].TrimEnd(), part[(end + 1)..].TrimStart()));
        }

        return true;
    }

    /// <summary>Returns the text; null for none.</summary>
    public static string? Format(IReadOnlyList<KeyValuePair<string, string>> dimensions) =>
        dimensions.Count == 0 ? null : string.Join(',', dimensions.Select(static d => $"{d.Key}={d.Value}"));

    /// <summary>Returns what is wrong with those of one setting, all at once.</summary>
    public static IEnumerable<string> FindErrors(IReadOnlyList<KeyValuePair<string, string>> dimensions)
    {
        foreach (var (name, value) in dimensions)
        {
            if (!IsText(name, LongestName) || name[0] == ':' || name.Contains('=', StringComparison.Ordinal))
                yield return $"has the name {SettingNames.Quote(name)}: 1 to {LongestName} characters of printable ASCII without ',' and '=', not beginning with ':'";
            else if (Own.Contains(name, StringComparer.OrdinalIgnoreCase))
                yield return $"has the name '{name}', which is one of ours: {string.Join(", ", Own)}";
            if (!IsText(value, LongestValue))
                yield return $"has the value {SettingNames.Quote(value)} of {SettingNames.Quote(name)}: 1 to {LongestValue} characters of printable ASCII without ','";
        }
    }

    /// <summary>Returns what is wrong with those of all settings together.</summary>
    public static IEnumerable<string> FindErrorsOfAll(IReadOnlyCollection<KeyValuePair<string, string>> dimensions)
    {
        if (dimensions.Count > Most)
            yield return $"has {dimensions.Count}: CloudWatch takes 30 for a metric, of which {Most} may be yours";
        foreach (var name in dimensions.GroupBy(static d => d.Key, StringComparer.Ordinal).Where(static g => g.Count() > 1).Select(static g => g.Key))
            yield return $"has {SettingNames.Quote(name)} twice";
    }

    private static bool IsText(string text, int longest) =>
        text.Length <= longest && !string.IsNullOrWhiteSpace(text) && text.All(static c => c is >= ' ' and <= '~' and not ',');
}
