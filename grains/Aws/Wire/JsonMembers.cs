using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>How the values of AWS JSON 1.1 are read.</summary>
internal static class JsonMembers
{
    /// <summary>Steps to the next member of the object that the reader is in; false at its end. The reader then stands on the name.</summary>
    public static bool NextMember(this ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Whether the reader stands on a member of this name; if so, it steps to its value.</summary>
    public static bool IsMember(this ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        if (!json.ValueTextEquals(name))
            return false;
        json.Read();
        return true;
    }

    /// <summary>Steps over the value of the member that the reader stands on.</summary>
    public static void SkipMember(this ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    /// <summary>The items of the array that the reader stands on; null is an empty one.</summary>
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

    /// <summary>A string out of a cache; null for null.</summary>
    public static string? ReadCached(this ref Utf8JsonReader json, TextCache cache)
    {
        if (json.TokenType == JsonTokenType.Null)
            return null;
        Expect(ref json, JsonTokenType.String);
        return json.ValueIsEscaped ? json.GetString() : cache.Get(json.ValueSpan);
    }

    /// <summary>A string that must be there.</summary>
    public static string ReadString(this ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.String);
        return json.GetString()!;
    }

    /// <summary>A number of 128 bits, which AWS writes as a decimal string.</summary>
    public static UInt128 ReadHashKey(this ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.String);
        return UInt128.Parse(json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>A time, which AWS writes as seconds with a fraction.</summary>
    public static DateTimeOffset ReadTime(this ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.Number);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(json.GetDouble() * 1000));
    }

    /// <summary>Writes a time as AWS reads it, to the millisecond.</summary>
    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time) =>
        json.WriteNumber(name, time.ToUnixTimeMilliseconds() / 1000m);

    /// <summary>A member with its value, written once and used in every request: <c>"StreamName":"events"</c>.</summary>
    public static byte[] Member(string name, string value) =>
        Encoding.UTF8.GetBytes($"\"{name}\":\"{JsonEncodedText.Encode(value)}\"");
}

/// <summary>Reads the answer of one operation; the reader stands on the object's start. Members may come in any order, unknown ones are skipped.</summary>
internal delegate T ReplyReader<out T>(ref Utf8JsonReader json);
