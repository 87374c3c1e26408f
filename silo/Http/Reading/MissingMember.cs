using System.Text.Json;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Says that a record lacks a member, and which of its own was probably meant.</summary>
internal static class MissingMember
{
    private static readonly Dictionary<string, string[]> Others = new(StringComparer.Ordinal)
    {
        ["partition_key"] = ["partitionkey", "key"], ["payload"] = ["data", "value", "body"], ["data"] = ["payload", "value", "body"],
    };

    /// <param name="member">The member that is missing.</param>
    /// <param name="record">The record's JSON text, an object.</param>
    public static string Describe(string member, ReadOnlySpan<byte> record)
    {
        var reader = new Utf8JsonReader(record, EventReader.Json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Read(ref reader) is { } name && Others[member].Contains(Plain(name), StringComparer.Ordinal))
                return $"{member} is missing; the record has '{name}' in its place";
            reader.Read();
            reader.Skip();
        }

        return $"{member} is missing";
    }

    private static string Plain(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
