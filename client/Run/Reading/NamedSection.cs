using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>A name with its settings, as in <c>stdin: {}</c> or <c>stdin</c> alone.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Value">The settings; nothing, where the name stands alone.</param>
internal sealed record NamedSection(string Name, YamlPlace Place, YamlValue Value)
{
    /// <summary>Takes the names of a value apart; empty, with an error, if it has none.</summary>
    public static IReadOnlyList<NamedSection> Of(YamlValue value, RunFindings findings)
    {
        switch (value)
        {
            case YamlText { Text.Length: > 0 } text:
                return [new NamedSection(text.Text, Below(text.Place, text.Text), new YamlText(text.Place, "", isPlain: true))];
            case YamlMapping mapping when mapping.Entries.Count > 0:
                return [.. mapping.Entries.Select(static entry => new NamedSection(entry.Name, entry.Place, entry.Value))];
            default:
                findings.Error(value.Place, $"must be a name, or a name with its settings, and is {value.Kind}");
                return [];
        }
    }

    private static YamlPlace Below(YamlPlace place, string name) => place with { Path = place.Path.Length > 0 ? $"{place.Path}.{name}" : name };
}
