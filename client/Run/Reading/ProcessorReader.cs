using System.IO.Compression;
using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;
using Orleans.Kpl.Run.Processing;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads section <c>processors</c>.</summary>
internal static class ProcessorReader
{
    private const string Known = "processors are parse_json, set, delete, rename, select and gzip";

    /// <summary>Reads the list; what has an error is left out.</summary>
    public static IReadOnlyList<IRecordProcessor> Read(YamlValue value, RunFindings findings)
    {
        var processors = new List<IRecordProcessor>();
        string? last = null;
        foreach (var item in value is YamlSequence list ? list.Items : [value])
        {
            foreach (var section in NamedSection.Of(item, findings))
            {
                if (last is not null && section.Name != "gzip")
                    findings.Error(section.Place, $"stands behind {last}, whose data is no JSON any more: put it before");
                var before = findings.Errors.Count;
                if (ReadOne(section, findings) is not { } processor || findings.Errors.Count > before)
                    continue;
                last = processor is Gzipping ? "gzip" : processor is SelectingValue ? "select with log_key" : last;
                processors.Add(processor);
            }
        }

        return processors;
    }

    private static IRecordProcessor? ReadOne(NamedSection section, RunFindings findings)
    {
        switch (section.Name)
        {
            case "parse_json":
                return ReadParsing(section, findings);
            case "set":
                return ReadSetting(section, findings);
            case "delete":
                return FieldReader.TextsOf(section.Value, findings) is { } names ? new DeletingFields(Paths(names, section, findings)) : null;
            case "rename":
                return ReadRenaming(section, findings);
            case "select":
                return ReadSelecting(section, findings);
            case "gzip":
                return ReadGzip(section, findings);
            default:
                findings.Error(section.Place, ForeignNames.OfProcessors.TryGetValue(section.Name, out var advice)
                    ? $"is no processor of kpl: {advice}"
                    : $"is not known; {Known}");
                return null;
        }
    }

    private static JsonParsing ReadParsing(NamedSection section, RunFindings findings)
    {
        var fields = new FieldReader(section.Value, findings);
        var field = fields.Text("field");
        fields.End();
        return new JsonParsing(field is null ? null : KeyReader.Path(field, section.Place, findings));
    }

    private static SettingFields? ReadSetting(NamedSection section, RunFindings findings)
    {
        if (section.Value is not YamlMapping { Entries.Count: > 0 } mapping)
        {
            findings.Error(section.Place, "must name fields and their values, as in set: { ingested_at: now() }");
            return null;
        }

        var fields = new List<(FieldPath, Func<ProcessingTools, JsonNode?>)>();
        foreach (var entry in mapping.Entries)
        {
            if (KeyReader.Path(entry.Name, entry.Place, findings) is { } path && Value(entry.Value, findings) is { } value)
                fields.Add((path, value));
        }

        return new SettingFields(fields);
    }

    /// <summary>Returns what makes a field's value: a function, or a constant of the type that it has in YAML.</summary>
    private static Func<ProcessingTools, JsonNode?>? Value(YamlValue value, RunFindings findings)
    {
        if (value is YamlText { IsPlain: true } text && text.Text.EndsWith("()", StringComparison.Ordinal))
        {
            switch (text.Text)
            {
                case "now()":
                    return SettingFields.Now;
                case "uuid()":
                    return SettingFields.Uuid;
                default:
                    findings.Error(text.Place, $"{text.Text} is not known; there are now() and uuid(), and in quotes it is a text");
                    return null;
            }
        }

        var constant = JsonOfYaml.Of(value);
        return _ => constant?.DeepClone();
    }

    private static RenamingFields? ReadRenaming(NamedSection section, RunFindings findings)
    {
        if (section.Value is not YamlMapping { Entries.Count: > 0 } mapping)
        {
            findings.Error(section.Place, "must name fields and what they become, as in rename: { msg: message }");
            return null;
        }

        var fields = new List<(FieldPath, FieldPath)>();
        foreach (var entry in mapping.Entries)
        {
            if (entry.Value is not YamlText { Text.Length: > 0 } to)
                findings.Error(entry.Value.Place, $"must be a field, and is {entry.Value.Kind}");
            else if (KeyReader.Path(entry.Name, entry.Place, findings) is { } from && KeyReader.Path(to.Text, to.Place, findings) is { } target)
                fields.Add((from, target));
        }

        return new RenamingFields(fields);
    }

    private static IRecordProcessor? ReadSelecting(NamedSection section, RunFindings findings)
    {
        if (section.Value is not YamlMapping)
            return FieldReader.TextsOf(section.Value, findings) is { } names ? new SelectingFields(Paths(names, section, findings)) : null;
        var fields = new FieldReader(section.Value, findings);
        var (keys, log) = (fields.Texts("data_keys"), fields.Text("log_key"));
        fields.End();
        if ((keys is null) == (log is null))
        {
            findings.Error(section.Place, "must have data_keys, the fields that stay, or log_key, the one whose value becomes the data");
            return null;
        }

        if (log is not null)
            return KeyReader.Path(log, section.Place, findings) is { } path ? new SelectingValue(path) : null;
        // Fluent Bit writes them as one text, with commas.
        var listed = keys!.SelectMany(static key => key.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return new SelectingFields(Paths([.. listed], section, findings));
    }

    private static Gzipping ReadGzip(NamedSection section, RunFindings findings)
    {
        var fields = new FieldReader(section.Value, findings);
        var level = fields.Choice("level", "fastest", "optimal", "smallest");
        fields.End();
        return new Gzipping(level switch { "fastest" => CompressionLevel.Fastest, "smallest" => CompressionLevel.SmallestSize, _ => CompressionLevel.Optimal });
    }

    private static List<FieldPath> Paths(IReadOnlyList<string> names, NamedSection section, RunFindings findings) =>
        [.. names.Select(name => KeyReader.Path(name, section.Place, findings)).OfType<FieldPath>()];
}
