using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>Reads and writes the values of AWS JSON 1.1.</summary>
internal static class JsonMembers
{
    /// <summary>Moves to the name of the next member of the object that the reader is in; false at the object's end.</summary>
    public static bool NextMember(this ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Whether the reader is at a member of this name; if so, moves to its value.</summary>
    public static bool IsMember(this ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        if (!json.ValueTextEquals(name))
            return false;
        json.Read();
        return true;
    }

    /// <summary>Skips the value of the member that the reader is at.</summary>
    public static void SkipMember(this ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    /// <summary>Reads the object that the reader is in as a type that is made for it.</summary>
    /// <exception cref="JsonException">It is another one.</exception>
    public static T ReadAs<T>(this ref Utf8JsonReader json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(ref json, type) ?? throw new JsonException("The answer is null.");

    /// <summary>Reads the items of the array that the reader is at; a JSON null counts as an empty array.</summary>
    public static List<T> ReadList<T>(this ref Utf8JsonReader json, ReplyReader<T> readItem, int capacity = 0)
    {
        var items = new List<T>(capacity);
        if (json.TokenType == JsonTokenType.Null)
            return items;
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            items.Add(readItem(ref json));
        return items;
    }

    public static void Expect(this ref Utf8JsonReader json, JsonTokenType token)
    {
        if (json.TokenType != token)
            throw new JsonException($"{token} was expected where the answer has {json.TokenType}.");
    }

    /// <summary>Reads a string through a cache; null for a JSON null.</summary>
    public static string? ReadCached(this ref Utf8JsonReader json, TextCache cache)
    {
        if (json.TokenType == JsonTokenType.Null)
            return null;
        Expect(ref json, JsonTokenType.String);
        return json.ValueIsEscaped ? json.GetString() : cache.Get(json.ValueSpan);
    }

    /// <summary>Reads a string that must not be null.</summary>
    public static string ReadString(this ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.String);
        return json.GetString()!;
    }

    /// <summary>Writes a time as AWS reads it, to the millisecond.</summary>
    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time) =>
        json.WriteNumber(name, time.ToUnixTimeMilliseconds() / 1000m);

    /// <summary>Writes a member with its value, once for use in every request, such as <c>"StreamName":"events"</c>.</summary>
    public static byte[] Member(string name, string value) =>
        Encoding.UTF8.GetBytes($"\"{name}\":\"{JsonEncodedText.Encode(value)}\"");
}

/// <summary>
/// Reads the answer of one operation; the reader is at the object's start. Members may come in any order; unknown members are skipped.
/// </summary>
internal delegate T ReplyReader<out T>(ref Utf8JsonReader json);
