namespace Orleans.Kpl.Settings;

/// <summary>Finds the setting that a user probably meant by an unknown name.</summary>
internal static class NearestSetting
{
    private const int LongestCompared = 100;

    /// <summary>How many letters of a name tell which one was begun.</summary>
    private const int ShortestBeginning = 4;
    private const string Streams = "Streams";

    /// <summary>
    /// Finds the known setting, or other package's section, whose name and section need the fewest edits; null where none is near. Settings without
    /// effect are never proposed.
    /// </summary>
    public static string? Find(string path, IReadOnlyList<string> knownSections)
    {
        var (section, name) = Split(path);
        var best = (Distance: int.MaxValue, Path: "");
        foreach (var known in SettingNames.OfProcess)
            Consider(known);

        // Streams:events:X and a misspelled Stream:events:X are compared with the settings that a stream can have.
        var rest = SplitFirst(section).Behind;
        if (rest.Length > 0)
        {
            foreach (var known in SettingNames.OfStream)
                Consider($"{Streams}:{rest}:{known}");
        }

        foreach (var known in knownSections)
        {
            var distance = EditDistance(SplitFirst(path).First, known);
            if (distance < best.Distance)
                best = (distance, known);
        }

        return IsNear(path, best.Distance, best.Path) ? best.Path : null;

        void Consider(string known)
        {
            var (knownSection, knownName) = Split(known);
            var (ofName, ofSection) = (EditDistance(name, knownName), EditDistance(section, knownSection));

            // The right name in a wrong section is near, whatever the sections are called; so is a name written with or without the section's colon.
            var distance = ofName == 0 ? Math.Min(ofSection, 2) : Math.Min(ofName + ofSection, 1 + EditDistance(Join(path), Join(known)));
            if (distance < best.Distance)
                best = (distance, known);
        }
    }

    /// <summary>Finds the name that needs the fewest edits, for sections whose settings lie side by side; null where none is near.</summary>
    public static string? FindAmong(string name, IEnumerable<string> known)
    {
        var best = known.Select(k => (Distance: EditDistance(name, k), Name: k)).MinBy(static k => k.Distance);
        return IsNear(name, best.Distance, best.Name) ? best.Name : null;
    }

    /// <summary>Returns the end of a message about an unknown name.</summary>
    public static string Advice(string? nearest) => nearest is null ? "no setting has a name like it" : $"the nearest is Kpl:{nearest}";

    /// <summary>Whether so few edits make a misspelling, and not another word: two of five letters at most, unless only the end is missing.</summary>
    private static bool IsNear(string path, int distance, string candidate) =>
        distance <= Math.Max(2, 2 * Math.Min(Split(path).Name.Length, LongestCompared) / 5)
        || (Split(path).Name.Length >= ShortestBeginning && candidate.StartsWith(path, StringComparison.OrdinalIgnoreCase));

    /// <summary>Counts inserted, omitted and replaced letters and swapped neighbours; upper and lower case are the same.</summary>
    internal static int EditDistance(string left, string right)
    {
        var a = left.AsSpan(0, Math.Min(left.Length, LongestCompared));
        var b = right.AsSpan(0, Math.Min(right.Length, LongestCompared));
        var before = new int[b.Length + 1];
        var above = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            above[j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = above[j - 1] + (IsSame(a[i - 1], b[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && IsSame(a[i - 1], b[j - 2]) && IsSame(a[i - 2], b[j - 1]))
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, above, row) = (above, row, before);
        }

        return above[b.Length];
    }

    private static bool IsSame(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);

    private static string Join(string path) => path.Replace(":", "", StringComparison.Ordinal);

    private static (string Section, string Name) Split(string path)
    {
        var end = path.LastIndexOf(':');
        return end < 0 ? ("", path) : (path[..end], path[(end + 1)..]);
    }

    private static (string First, string Behind) SplitFirst(string path)
    {
        var end = path.IndexOf(':', StringComparison.Ordinal);
        return end < 0 ? (path, "") : (path[..end], path[(end + 1)..]);
    }
}
