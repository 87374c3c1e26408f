using System.Globalization;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Run.Keys;

/// <summary>How a record's partition key is chosen: the first of some fields that is there, a fixed text, the time, or a random UUID.</summary>
internal abstract class KeyChoice
{
    /// <summary>A random UUID for each record: they spread evenly over all shards.</summary>
    public static KeyChoice Random { get; } = new RandomKey();

    /// <summary>The first field of several that is there and not empty, else a random UUID.</summary>
    public static KeyChoice OfFields(IReadOnlyList<FieldPath> fields) => new FieldKey(fields);

    /// <summary>One key for all records, which therefore go to one shard.</summary>
    public static KeyChoice Of(string text) => new FixedKey(text);

    /// <summary>The instant at which the record is read, in seconds or milliseconds since 1970.</summary>
    public static KeyChoice OfTime(bool isInSeconds) => new TimeKey(isInSeconds);

    /// <summary>Whether the record must be looked into.</summary>
    public virtual bool NeedsFields => false;

    /// <summary>Returns the key of a record; null if none of its fields is there, so that a random one is used.</summary>
    /// <param name="fields">The record as JSON; null if it is none.</param>
    /// <param name="uuid">Makes a random UUID.</param>
    public abstract string? Of(JsonNode? fields, DateTimeOffset now, Func<string> uuid);

    private sealed class RandomKey : KeyChoice
    {
        public override string Of(JsonNode? fields, DateTimeOffset now, Func<string> uuid) => uuid();
    }

    private sealed class FixedKey(string text) : KeyChoice
    {
        public override string Of(JsonNode? fields, DateTimeOffset now, Func<string> uuid) => text;
    }

    private sealed class TimeKey(bool isInSeconds) : KeyChoice
    {
        public override string Of(JsonNode? fields, DateTimeOffset now, Func<string> uuid) =>
            (isInSeconds ? now.ToUnixTimeSeconds() : now.ToUnixTimeMilliseconds()).ToString(CultureInfo.InvariantCulture);
    }

    private sealed class FieldKey(IReadOnlyList<FieldPath> fields) : KeyChoice
    {
        public override bool NeedsFields => true;

        public override string? Of(JsonNode? record, DateTimeOffset now, Func<string> uuid)
        {
            foreach (var field in fields)
            {
                if (field.FindText(record) is { Length: > 0 } text)
                    return text;
            }

            return null;
        }
    }
}
