using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;

namespace Orleans.Kpl.Run.Processing;

/// <summary><c>select</c> with <c>log_key</c>: the value of one field alone becomes the data, a text without quotes and escapes.</summary>
internal sealed class SelectingValue(FieldPath field) : IRecordProcessor
{
    public string Name => "select";

    public string? Process(RunRecord record, ProcessingTools tools)
    {
        if (record.ParseError is { } error)
            return $"{Name}: the record is not JSON: {error}";
        if (field.Find(record.Json) is not { } value)
            return $"{Name}: field '{field.Text}' is not there";
        record.ReplaceData(Encoding.UTF8.GetBytes(value is JsonValue && field.FindText(record.Json) is { } text ? text : value.ToJsonString()));
        return null;
    }
}
