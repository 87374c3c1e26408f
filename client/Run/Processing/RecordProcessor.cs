using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Processing;

/// <summary>One step that changes records.</summary>
/// <param name="Process">Changes a record; returns why it cannot, for people, or null.</param>
internal sealed record RecordProcessor(string Name, Func<RunRecord, ProcessingTools, string?> Process)
{
    public const string Compression = "gzip";

    /// <summary><c>parse_json</c>: fails records that are no JSON.</summary>
    public static RecordProcessor ParseJson { get; } = new("parse_json", static (record, _) => NotJson(record));

    /// <summary><c>gzip</c>: compresses the data of each record for itself. It is the last step.</summary>
    public static RecordProcessor Gzip { get; } = new(Compression, static (record, _) =>
    {
        record.ReplaceData(static data =>
        {
            var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
                gzip.Write(data.Span);
            return compressed.ToArray();
        });
        return null;
    });

    /// <summary><c>set</c>: writes fields, each a constant, the time or a random UUID.</summary>
    public static RecordProcessor Set(
        IReadOnlyList<(FieldPath Field, Func<ProcessingTools, JsonNode?> Value)> fields) => OfObjects("set", (json, record, tools) =>
    {
        foreach (var (field, value) in fields)
        {
            var made = value(tools);
            if (!field.Set(json, made))
                return $"field '{field.Text}' cannot be set: something above it is no object";
            // Behind a select: keys are chosen from what is set too.
            if (record.Keys is JsonObject whole && whole != json)
                field.Set(whole, made?.DeepClone());
        }

        return null;
    });

    /// <summary><c>delete</c>: takes fields out. One that is not there is no failure.</summary>
    public static RecordProcessor Delete(IReadOnlyList<FieldPath> fields) => OfObjects("delete", (json, _, _) =>
    {
        foreach (var field in fields)
            field.Remove(json);
        return null;
    });

    /// <summary><c>select</c>: only these fields stay, in the order in which they are listed. One that is not there is left out.</summary>
    public static RecordProcessor Select(IReadOnlyList<FieldPath> fields) => new("select", (record, _) =>
    {
        if (record.Json is not JsonObject whole)
            return NotJson(record) ?? NoObject;
        var kept = new JsonObject();
        foreach (var field in fields)
        {
            if (field.TryFind(whole, out var value))
                field.Set(kept, value?.DeepClone());
        }

        record.Select(kept);
        return null;
    });

    private const string NoObject = "the record is JSON, but no object";

    private static RecordProcessor OfObjects(string name, Func<JsonObject, RunRecord, ProcessingTools, string?> change) => new(name, (record, tools) =>
    {
        if (record.Json is not JsonObject json)
            return NotJson(record) ?? NoObject;
        if (change(json, record, tools) is { } refused)
            return refused;
        record.SetChanged();
        return null;
    });

    private static string? NotJson(RunRecord record) => record.ParseError is { } error ? $"the record is not JSON: {error}" : null;
}

/// <summary>The tools that steps take from outside.</summary>
internal sealed record ProcessingTools(TimeProvider Time, Func<string> Uuid)
{
    /// <summary>The time in UTC with milliseconds (RFC 3339).</summary>
    public JsonNode Now() => JsonValue.Create(Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
}
