using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;

namespace Orleans.Kpl.Run.Processing;

/// <summary>
/// <c>parse_json</c>: fails records that are no JSON. With a field, the text in that field is replaced by the JSON that it holds.
/// </summary>
/// <param name="field">The field; null for the whole record.</param>
internal sealed class JsonParsing(FieldPath? field) : IRecordProcessor
{
    public string Name => "parse_json";

    public string? Process(RunRecord record, ProcessingTools tools)
    {
        if (record.ParseError is { } error)
            return $"{Name}: the record is not JSON: {error}";
        if (field is null || field.Find(record.Json) is not { } value)
            return null;
        if (record.Json is not JsonObject fields || value.GetValueKind() is not JsonValueKind.String)
            return $"{Name}: field '{field.Text}' is no text";
        try
        {
            field.Set(fields, JsonNode.Parse(value.GetValue<string>()));
            record.SetChanged();
            return null;
        }
        catch (JsonException)
        {
            return $"{Name}: field '{field.Text}' holds no JSON";
        }
    }
}
