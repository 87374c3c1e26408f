using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>
/// Settings that are lists. One may stand as a list in a file, and its entries have numbers in the environment: <c>Http:Hosts:0</c>, <c>Http:Hosts:1</c>.
/// </summary>
internal static class SettingLists
{
    /// <summary>Makes one text of the entries of each list. All other settings stay as they are.</summary>
    /// <param name="errors">Gets each list that is given as a text too, as by a file and by a variable: they are not added up.</param>
    public static IEnumerable<KeyValuePair<string, string?>> Join(
        IEnumerable<KeyValuePair<string, string?>> given, Predicate<string> isList, List<string> errors)
    {
        List<KeyValuePair<string, string?>> all = [.. given];
        var lists = all.Where(s => s.Value is not null && ListOf(s.Key, isList) is not null)
            .GroupBy(s => ListOf(s.Key, isList)!, static s => s.Value, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static g => g.Key, static g => string.Join(',', g), StringComparer.OrdinalIgnoreCase);
        // An empty list of a file is an empty text.
        errors.AddRange(all.Where(s => !string.IsNullOrEmpty(s.Value) && lists.ContainsKey(s.Key))
            .Select(static s => $"Kpl:{s.Key} and Kpl:{s.Key}:0 are one setting; give one of them"));
        return
        [
            .. all.Where(s => ListOf(s.Key, isList) is null && !lists.ContainsKey(s.Key)),
            .. lists.Select(static l => KeyValuePair.Create(l.Key, (string?)l.Value)),
        ];
    }

    private static string? ListOf(string path, Predicate<string> isList) =>
        path.LastIndexOf(':') is var end and > 0 && isList(path[..end])
        && int.TryParse(path.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? path[..end]
            : null;
}
