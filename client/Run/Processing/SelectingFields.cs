using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;

namespace Orleans.Kpl.Run.Processing;

/// <summary>
/// <c>select</c> with <c>data_keys</c>: only these fields stay, in the order in which they are listed. One that is not there, or null, is left out.
/// </summary>
internal sealed class SelectingFields(IReadOnlyList<FieldPath> fields) : IRecordProcessor
{
    public string Name => "select";

    public string? Process(RunRecord record, ProcessingTools tools)
    {
        if (record.Json is not JsonObject whole)
            return record.ParseError is { } error ? $"{Name}: the record is not JSON: {error}" : $"{Name}: the record is JSON, but no object";
        var kept = new JsonObject();
        foreach (var field in fields)
        {
            if (field.Find(whole) is { } value)
                field.Set(kept, value.DeepClone());
        }

        record.Select(kept);
        return null;
    }
}
