using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Processing;

/// <summary>How a record's partition key is chosen: the first of some fields that is there, a fixed text, the time, or a random UUID.</summary>
/// <param name="NeedsFields">Whether the record must be looked into.</param>
/// <param name="Of">Returns the key of a record, as JSON or null if it is none; null if none of its fields is there: a random one is used.</param>
internal sealed record KeyChoice(bool NeedsFields, Func<JsonNode?, ProcessingTools, string?> Of)
{
    /// <summary>A random UUID for each record: they spread evenly over all shards.</summary>
    public static KeyChoice Random { get; } = new(false, static (_, tools) => tools.Uuid());

    /// <summary>The first field of several that is there and not empty, else a random UUID.</summary>
    public static KeyChoice OfFields(IReadOnlyList<FieldPath> fields) =>
        new(true, (record, _) => fields.Select(field => field.FindText(record)).FirstOrDefault(static text => text is { Length: > 0 }));

    /// <summary>One key for all records, which therefore go to one shard.</summary>
    public static KeyChoice OfText(string text) => new(false, (_, _) => text);

    /// <summary>The instant at which the record is read, in seconds or milliseconds since 1970.</summary>
    public static KeyChoice OfTime(bool isInSeconds) => new(false, (_, tools) =>
    {
        var now = tools.Time.GetUtcNow();
        return (isInSeconds ? now.ToUnixTimeSeconds() : now.ToUnixTimeMilliseconds()).ToString();
    });
}
