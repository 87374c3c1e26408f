using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Http.Reading.Keying;

/// <summary>A JSON pointer (RFC 6901): where in a JSON text a value stands.</summary>
internal sealed class JsonPointer(byte[][] steps)
{
    /// <summary>A pointer of more steps is none: reading it goes as deep as it is long.</summary>
    public const int MostSteps = 32;

    /// <summary>Reads a pointer; null where the text is none. The empty pointer, which is the whole text, is none here.</summary>
    public static JsonPointer? Parse(string text)
    {
        if (!text.StartsWith('/'))
            return null;
        var steps = text[1..].Split('/');
        if (steps.Length > MostSteps)
            return null;
        foreach (ref var step in steps.AsSpan())
        {
            for (var at = step.IndexOf('~', StringComparison.Ordinal); at >= 0; at = step.IndexOf('~', at + 1))
            {
                if (at + 1 == step.Length || step[at + 1] is not ('0' or '1'))
                    return null;
            }
            step = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }
        return new JsonPointer([.. steps.Select(Encoding.UTF8.GetBytes)]);
    }

    /// <summary>
    /// Reads the value at which <paramref name="reader"/> is positioned, to its end, and finds the text or number there. Of members with one name the
    /// last one counts, as elsewhere.
    /// </summary>
    /// <returns>The text, or the number as it is written; null where there is neither, or no text.</returns>
    public string? Find(ref Utf8JsonReader reader) => Find(ref reader, 0);

    private string? Find(ref Utf8JsonReader reader, int step)
    {
        if (step == steps.Length)
            return Take(ref reader);
        // As deep as the pointer is long, and no deeper: what is not on its way is skipped.
        string? found = null;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var isMeant = IsNamed(ref reader, steps[step]);
                reader.Read();
                if (isMeant)
                    found = Find(ref reader, step + 1);
                else
                    reader.Skip();
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            var wanted = Index(steps[step]);
            for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
            {
                if (i == wanted)
                    found = Find(ref reader, step + 1);
                else
                    reader.Skip();
            }
        }
        return found;
    }

    private static string? Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonText.Read(ref reader);
            case JsonTokenType.Number:
                return Encoding.ASCII.GetString(reader.ValueSpan);
            default:
                reader.Skip();
                return null;
        }
    }

    /// <summary>Comparing a name with half of a surrogate pair throws.</summary>
    private static bool IsNamed(ref Utf8JsonReader reader, byte[] name) =>
        (!reader.ValueIsEscaped || JsonText.IsText(ref reader)) && reader.ValueTextEquals(name);

    /// <summary>The position in an array that a step means; -1 for none. Leading zeros are not allowed.</summary>
    private static int Index(byte[] step) =>
        step.Length > 0 && (step[0] != '0' || step.Length == 1) && !step.AsSpan().ContainsAnyExceptInRange((byte)'0', (byte)'9')
        && Utf8Parser.TryParse(step, out int index, out _)
            ? index
            : -1;
}
