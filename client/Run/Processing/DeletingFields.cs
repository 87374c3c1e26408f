using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;

namespace Orleans.Kpl.Run.Processing;

/// <summary><c>delete</c>: takes fields out. One that is not there is no failure.</summary>
internal sealed class DeletingFields(IReadOnlyList<FieldPath> fields) : ObjectProcessor("delete")
{
    protected override string? Change(JsonObject record, ProcessingTools tools)
    {
        foreach (var field in fields)
            field.Remove(record, out _);
        return null;
    }
}
