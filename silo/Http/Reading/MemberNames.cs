using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// The members of a record, and what was probably meant by another name. A member that nobody knows is passed over, but one that is only misspelt would be
/// missed by whoever wrote it: the hash key would be ignored, and the record still be accepted.
/// </summary>
internal static class MemberNames
{
    /// <summary>Names shorter than this are near by their letters alone: two edits would make another word of them.</summary>
    private const int ShortestEdited = 6;

    private const int MostEdits = 2;

    /// <summary>Longer names, as they are written, are near none.</summary>
    private const int Longest = 32;

    private static readonly (string Name, byte[] Letters)[] OfText = [Plain("partition_key"), Plain("payload"), Plain("explicit_hash_key")];

    private static readonly (string Name, byte[] Letters)[] OfBase64 = [Plain("partition_key"), Plain("data"), Plain("explicit_hash_key")];

    /// <summary>Returns the member that the unknown one at which the reader stands is near; null where it is near none. Allocates nothing.</summary>
    public static string? FindNear(ref Utf8JsonReader reader, PayloadForm form)
    {
        var name = reader.ValueSpan;
        if (name.Length > Longest)
            return null;
        Span<byte> letters = stackalloc byte[Longest];
        var length = 0;
        foreach (var c in name)
        {
            if (c is not ((byte)'_' or (byte)'-'))
                letters[length++] = c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
        }

        letters = letters[..length];
        foreach (var (member, known) in form == PayloadForm.Base64 ? OfBase64 : OfText)
        {
            if (IsWithin(letters, known, length < ShortestEdited || known.Length < ShortestEdited ? 0 : MostEdits))
                return member;
        }

        return null;
    }

    /// <summary>Says that a record lacks a member, and which of its own was probably meant.</summary>
    /// <param name="record">The record's JSON text, an object.</param>
    public static string DescribeMissing(string member, PayloadForm form, ReadOnlySpan<byte> record)
    {
        string[] others = member == "partition_key" ? ["key"] : member == "data" ? ["payload", "value", "body"] : ["data", "value", "body"];
        var reader = new Utf8JsonReader(record, EventReader.Json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Read(ref reader) is { } name && (FindNear(ref reader, form) == member || others.Contains(name, StringComparer.OrdinalIgnoreCase)))
                return $"{member} is missing; the record has '{name}' in its place";
            reader.Read();
            reader.Skip();
        }

        return $"{member} is missing";
    }

    private static (string Name, byte[] Letters) Plain(string name) => (name, Encoding.ASCII.GetBytes(name.Replace("_", "", StringComparison.Ordinal)));

    /// <summary>Whether so many letters put in, left out, replaced or swapped with the next one make one text of the other.</summary>
    private static bool IsWithin(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, int edits)
    {
        var same = one.CommonPrefixLength(other);
        one = one[same..];
        other = other[same..];
        if (one.IsEmpty || other.IsEmpty)
            return one.Length + other.Length <= edits;
        return edits > 0 && Math.Abs(one.Length - other.Length) <= edits
            && (IsWithin(one[1..], other[1..], edits - 1) || IsWithin(one[1..], other, edits - 1) || IsWithin(one, other[1..], edits - 1)
                || (one.Length > 1 && other.Length > 1 && one[0] == other[1] && one[1] == other[0] && IsWithin(one[2..], other[2..], edits - 1)));
    }
}
