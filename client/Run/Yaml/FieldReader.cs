using System.Globalization;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Run.Yaml;

/// <summary>Reads the fields of one mapping, each of the type that it must have, and then tells of those that nobody asked for.</summary>
internal sealed class FieldReader
{
    private readonly YamlMapping _mapping;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <param name="value">A mapping; anything but nothing is an error.</param>
    /// <param name="findings">Is told of each error.</param>
    public FieldReader(YamlValue value, RunFindings findings)
    {
        Findings = findings;
        Location = value.Location;
        _mapping = value as YamlMapping ?? new YamlMapping(value.Location, []);
        if (value is not YamlMapping && value is not YamlText { IsNull: true })
            findings.Error(value.Location, $"must be a mapping of names to values, and is {value.Kind}");
    }

    public RunFindings Findings { get; }

    /// <summary>The position at which the mapping begins.</summary>
    public YamlLocation Location { get; }

    /// <summary>Returns a value of any kind; null if it is not there or nothing is written for it.</summary>
    public YamlValue? Value(string name)
    {
        _asked.Add(name);
        return _mapping.Find(name) is { } value and not YamlText { IsNull: true } ? value : null;
    }

    /// <summary>Returns whether a name is there, whatever its value.</summary>
    public bool Has(string name)
    {
        _asked.Add(name);
        return _mapping.Find(name) is not null;
    }

    /// <summary>Returns a mapping below this one; null if it is not there.</summary>
    public FieldReader? Section(string name)
    {
        _asked.Add(name);
        return _mapping.Find(name) is { } value ? new FieldReader(value, Findings) : null;
    }

    /// <summary>Returns a text that is not empty; null if it is not there or is no such text.</summary>
    public string? Text(string name, bool isRequired = false)
    {
        switch (Value(name))
        {
            case YamlText { Text.Length: > 0 } text:
                RefuseNul(text, Findings);
                return text.Text;
            case null when isRequired:
                Findings.Error(Location, $"{name} is missing");
                return null;
            case null:
                return null;
            case var other:
                Findings.Error(other.Location, other is YamlText ? "must not be empty" : $"must be a text, and is {other.Kind}");
                return null;
        }
    }

    /// <summary>Returns a whole number within a range; null if it is not there or is no such number.</summary>
    public long? Number(string name, long least, long most)
    {
        if (Value(name) is not { } value)
            return null;
        if (value is YamlText text && long.TryParse(text.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            if (number >= least && number <= most)
                return number;
            Findings.Error(value.Location, $"{number} is not {Range(least, most)}");
            return null;
        }

        Findings.Error(value.Location, $"{Shown(value)} is no whole number {Range(least, most)}");
        return null;
    }

    /// <summary>Returns a duration within a range, such as <c>5s</c>; null if it is not there or is no such duration.</summary>
    public TimeSpan? Duration(string name, TimeSpan least, TimeSpan most)
    {
        if (Value(name) is not { } value)
            return null;
        if (value is YamlText text && DurationText.TryParseWithUnit(text.Text, least, most, out var duration))
            return duration;
        Findings.Error(value.Location, $"{Shown(value)} {DurationText.Refuse((value as YamlText)?.Text, least, most, "100ms or 5s")}");
        return null;
    }

    /// <summary>Returns a switch; null if it is not there or is neither true nor false.</summary>
    public bool? Switch(string name)
    {
        switch (Value(name))
        {
            case null:
                return null;
            case YamlText { Text: "true" or "True" or "TRUE" }:
                return true;
            case YamlText { Text: "false" or "False" or "FALSE" }:
                return false;
            case var other:
                Findings.Error(other.Location, $"{Shown(other)} is neither true nor false");
                return null;
        }
    }

    /// <summary>Returns one of some words, whatever the case of its letters; null if it is not there or is none of them.</summary>
    public string? Choice(string name, params IReadOnlyList<string> words)
    {
        if (Value(name) is not { } value)
            return null;
        if (value is YamlText text && words.FirstOrDefault(word => string.Equals(word, text.Text, StringComparison.OrdinalIgnoreCase)) is { } found)
            return found;
        Findings.Error(value.Location, $"{Shown(value)} is none of {string.Join(", ", words)}");
        return null;
    }

    /// <summary>Returns a list of texts; one text counts as a list of one. Null if it is not there or something else.</summary>
    /// <param name="mayBeEmpty">Whether a list without texts is one.</param>
    public IReadOnlyList<string>? Texts(string name, bool mayBeEmpty = false) => Value(name) switch
    {
        null => null,
        YamlSequence { Items.Count: 0 } when mayBeEmpty => [],
        var value => TextsOf(value, Findings),
    };

    /// <summary>Returns the texts of a value: one, or a list of them; null, with an error, if it is something else.</summary>
    public static IReadOnlyList<string>? TextsOf(YamlValue value, RunFindings findings)
    {
        var items = value is YamlSequence { Items.Count: > 0 } list ? list.Items : [value];
        if (items.FirstOrDefault(static item => item is not YamlText { Text.Length: > 0 }) is not { } stranger)
        {
            foreach (var item in items.Cast<YamlText>())
                RefuseNul(item, findings);
            return [.. items.Cast<YamlText>().Select(static item => item.Text)];
        }

        findings.Error(stranger.Location, $"must be a text or a list of texts, and is {(stranger is YamlSequence ? "an empty list" : stranger.Kind)}");
        return null;
    }

    /// <summary>Tells of a field that others know and that is not taken here, with the way round.</summary>
    public void Refuse(string name, string advice)
    {
        _refused.Add(name);
        if (_mapping.Entries.FirstOrDefault(entry => entry.Name == name) is { } entry)
            Findings.Error(entry.Location, $"is not taken here: {advice}");
    }

    /// <summary>Tells of each name that nobody asked for, with the nearest that is known.</summary>
    public void End()
    {
        foreach (var entry in _mapping.Entries.Where(entry => !_asked.Contains(entry.Name) && !_refused.Contains(entry.Name)))
        {
            var nearest = NearestSetting.FindAmong(entry.Name, _asked);
            Findings.Error(entry.Location, $"is not known; {(nearest is null ? $"known are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}" : $"the nearest is {nearest}")}");
        }
    }

    /// <summary>Refuses a character that no path has, and that ends a text for whoever reads one as C does.</summary>
    private static void RefuseNul(YamlText text, RunFindings findings)
    {
        if (text.Text.Contains('\0'))
            findings.Error(text.Location, "has the character NUL in it");
    }

    private static string Shown(YamlValue value) => value is YamlText text ? $"'{text.Text}'" : value.Kind;

    private static string Range(long least, long most) => most == long.MaxValue
        ? $"{least} or more"
        : $"from {least} to {most}";
}
