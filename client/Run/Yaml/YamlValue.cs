namespace Orleans.Kpl.Run.Yaml;

/// <summary>A value of a YAML file, with its place.</summary>
internal abstract class YamlValue(YamlPlace place)
{
    /// <summary>Where the value begins.</summary>
    public YamlPlace Place => place;

    /// <summary>What the value is, for messages: a text, a list or a mapping.</summary>
    public abstract string Kind { get; }
}

/// <summary>A text, as it stands in the file: a number and <c>true</c> are texts too.</summary>
/// <param name="place">Where it stands.</param>
/// <param name="text">The text, its environment variables filled in.</param>
/// <param name="isPlain">Whether it stands without quotes and without variables, so that it may mean a number, a switch or nothing.</param>
internal sealed class YamlText(YamlPlace place, string text, bool isPlain) : YamlValue(place)
{
    public string Text => text;

    public bool IsPlain => isPlain;

    /// <summary>Whether nothing is written, or <c>null</c> or <c>~</c>.</summary>
    public bool IsNull => isPlain && text is "" or "null" or "~" or "Null" or "NULL";

    public override string Kind => IsNull ? "nothing" : "a text";
}

/// <summary>A list of values.</summary>
internal sealed class YamlSequence(YamlPlace place, IReadOnlyList<YamlValue> items) : YamlValue(place)
{
    public IReadOnlyList<YamlValue> Items => items;

    public override string Kind => "a list";
}

/// <summary>Names with values, in the order in which they stand.</summary>
internal sealed class YamlMapping(YamlPlace place, IReadOnlyList<YamlEntry> entries) : YamlValue(place)
{
    public IReadOnlyList<YamlEntry> Entries => entries;

    public override string Kind => "a mapping";

    /// <summary>Returns the value of a name; null if the name is not there.</summary>
    public YamlValue? Find(string name) => entries.FirstOrDefault(entry => entry.Name == name)?.Value;
}

/// <summary>One name of a mapping, with its value.</summary>
/// <param name="Place">Where the name stands.</param>
internal sealed record YamlEntry(string Name, YamlPlace Place, YamlValue Value);
