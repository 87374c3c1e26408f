using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;

namespace Orleans.Kpl.Run.Processing;

/// <summary><c>rename</c>: moves values to other fields. One that is not there is no failure; one that is there already is replaced.</summary>
internal sealed class RenamingFields(IReadOnlyList<(FieldPath From, FieldPath To)> fields) : ObjectProcessor("rename")
{
    protected override string? Change(JsonObject record, ProcessingTools tools)
    {
        foreach (var (from, to) in fields)
        {
            if (from.Remove(record, out var value) && !to.Set(record, value))
                return $"field '{from.Text}' cannot become '{to.Text}': something above that is no object";
        }

        return null;
    }
}
