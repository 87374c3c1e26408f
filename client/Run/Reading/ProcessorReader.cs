using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Processing;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads section <c>processors</c>.</summary>
internal static class ProcessorReader
{
    /// <summary>Reads the list; what has an error is left out.</summary>
    public static IReadOnlyList<RecordProcessor> Read(YamlValue value, RunFindings findings)
    {
        var processors = new List<RecordProcessor>();
        var steps = value is YamlSequence list ? list.Items : [value];
        foreach (var step in steps.SelectMany(item => item.Named(findings)))
        {
            if (processors is [.., { Name: RecordProcessor.Compression }] && step.Name != RecordProcessor.Compression)
                findings.Error(step.Location, "stands behind gzip, whose data is no JSON any more: put it before");
            if (ReadOne(step, findings) is { } processor)
                processors.Add(processor);
        }

        return processors;
    }

    private static RecordProcessor? ReadOne(YamlEntry step, RunFindings findings)
    {
        switch (step.Name)
        {
            case "parse_json":
                new FieldReader(step.Value, findings).End();
                return RecordProcessor.ParseJson;
            case "set":
                return ReadSetting(step, findings);
            case "delete":
                return ReadFields(step, findings) is { } deleted ? RecordProcessor.Delete(deleted) : null;
            case "select":
                return ReadFields(step, findings) is { } selected ? RecordProcessor.Select(selected) : null;
            case RecordProcessor.Compression:
                new FieldReader(step.Value, findings).End();
                return RecordProcessor.Gzip;
            default:
                findings.Error(step.Location, ForeignNames.OfProcessors.TryGetValue(step.Name, out var advice)
                    ? $"is no processor of kpl: {advice}"
                    : "is not known; processors are parse_json, set, delete, select and gzip");
                return null;
        }
    }

    private static RecordProcessor? ReadSetting(YamlEntry step, RunFindings findings)
    {
        if (step.Value is not YamlMapping { Entries.Count: > 0 } mapping)
        {
            findings.Error(step.Location, "must name fields and their values, as in set: { ingested_at: now() }");
            return null;
        }

        var fields = new List<(FieldPath, Func<ProcessingTools, JsonNode?>)>();
        foreach (var entry in mapping.Entries)
        {
            if (KeyReader.Path(entry.Name, entry.Location, findings) is { } path && Value(entry.Value, findings) is { } value)
                fields.Add((path, value));
        }

        return RecordProcessor.Set(fields);
    }

    /// <summary>Returns what makes a field's value: a function, or a constant of the type that it has in YAML.</summary>
    private static Func<ProcessingTools, JsonNode?>? Value(YamlValue value, RunFindings findings)
    {
        if (value is YamlText { IsPlain: true } text && text.Text.EndsWith("()", StringComparison.Ordinal))
        {
            if (text.Text is "now()")
                return static tools => tools.Now();
            if (text.Text is "uuid()")
                return static tools => JsonValue.Create(tools.Uuid());
            findings.Error(text.Location, $"{text.Text} is not known; there are now() and uuid(), and in quotes it is a text");
            return null;
        }

        var constant = value.ToJson();
        return _ => constant?.DeepClone();
    }

    private static List<FieldPath>? ReadFields(YamlEntry step, RunFindings findings) =>
        FieldReader.TextsOf(step.Value, findings)?.Select(name => KeyReader.Path(name, step.Location, findings)).OfType<FieldPath>().ToList();
}
