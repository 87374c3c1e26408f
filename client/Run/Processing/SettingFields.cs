using System.Text.Json.Nodes;
using Orleans.Kpl.Run.Keys;

namespace Orleans.Kpl.Run.Processing;

/// <summary><c>set</c>: writes fields, each a constant, the time or a random UUID.</summary>
internal sealed class SettingFields(IReadOnlyList<(FieldPath Field, Func<ProcessingTools, JsonNode?> Value)> fields) : ObjectProcessor("set")
{
    /// <summary>The time in UTC with milliseconds (RFC 3339).</summary>
    public static JsonNode Now(ProcessingTools tools) =>
        JsonValue.Create(tools.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A random UUID.</summary>
    public static JsonNode Uuid(ProcessingTools tools) => JsonValue.Create(tools.Uuid());

    protected override string? Change(JsonObject record, ProcessingTools tools)
    {
        foreach (var (field, value) in fields)
        {
            if (!field.Set(record, value(tools)))
                return $"field '{field.Text}' cannot be set: something above it is no object";
        }

        return null;
    }
}
