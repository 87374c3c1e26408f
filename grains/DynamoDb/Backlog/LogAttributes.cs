using System.Globalization;
using System.Runtime.InteropServices;
using Amazon.DynamoDBv2.Model;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>Writes and reads the attributes of the table's items.</summary>
internal static class LogAttributes
{
    public const string Log = "log";
    public const string Number = "number";
    public const string Expires = "expires";
    public const string Data = "data";
    public const string Bytes = "bytes";
    public const string Parts = "parts";
    public const string Count = "count";
    public const string Seal = "seal";
    public const string Epoch = "epoch";
    public const string Next = "next";
    public const string From = "from";
    public const string Progress = "progress";
    public const string Saves = "saves";
    public const string Taker = "taker";

    public static AttributeValue Of(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    public static AttributeValue Of(ReadOnlyMemory<byte> bytes) => new()
    {
        B = MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false),
    };

    public static long NumberIn(Dictionary<string, AttributeValue> item, string name, long otherwise) =>
        item.TryGetValue(name, out var value) && value.N is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public static ReadOnlyMemory<byte>? BytesIn(Dictionary<string, AttributeValue> item, string name)
    {
        if (item.TryGetValue(name, out var value) && value.B is { } bytes)
            return bytes.ToArray();
        // The type is spelled out: a bare null would become empty memory, by the conversion from arrays.
        return default(ReadOnlyMemory<byte>?);
    }

    public static Dictionary<string, AttributeValue> Of(string key, LogItem item)
    {
        var attributes = new Dictionary<string, AttributeValue> { [Log] = new(key), [Number] = Of(item.Number) };
        if (item.Data is { } data)
            attributes[Data] = Of(data);
        if (item.IsSegment)
            attributes[Bytes] = Of(item.Bytes);
        else
            attributes[Seal] = Of(item.SealEpoch);
        if (item.Parts > 0)
            attributes[Parts] = Of(item.Parts);
        if (item.Count > 0)
            attributes[Count] = Of(item.Count);
        if (item.ExpiresAt is { } at)
            attributes[Expires] = Of(at.ToUnixTimeSeconds());
        return attributes;
    }

    public static LogItem ItemOf(Dictionary<string, AttributeValue> item) => new(
        NumberIn(item, Number, 0), BytesIn(item, Data), (int)NumberIn(item, Bytes, 0), (int)NumberIn(item, Parts, 0), NumberIn(item, Seal, 0),
        (int)NumberIn(item, Count, 0), NumberIn(item, Expires, 0) is > 0 and var at ? DateTimeOffset.FromUnixTimeSeconds(at) : null);
}
