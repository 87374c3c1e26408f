using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Processing;

/// <summary>A step that changes the fields of a JSON object, and fails records that are none.</summary>
internal abstract class ObjectProcessor(string name) : IRecordProcessor
{
    public string Name => name;

    public string? Process(RunRecord record, ProcessingTools tools)
    {
        if (record.Json is not JsonObject fields)
            return record.ParseError is { } error ? $"{name}: the record is not JSON: {error}" : $"{name}: the record is JSON, but no object";
        if (Change(fields, tools) is { } refused)
            return $"{name}: {refused}";
        record.SetChanged();
        return null;
    }

    /// <summary>Changes the fields; returns why it cannot, or null.</summary>
    protected abstract string? Change(JsonObject fields, ProcessingTools tools);
}
