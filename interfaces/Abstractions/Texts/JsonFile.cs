using System.Text.Json;

namespace Orleans.Kpl.Texts;

/// <summary>Reads a file of JSON that a person wrote.</summary>
internal static class JsonFile
{
    /// <summary>Parses the file, a byte order mark left out, and notes what is wrong with it as JSON.</summary>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="read">Reads the root, and may throw where a text is no Unicode.</param>
    public static void Read(ReadOnlyMemory<byte> bytes, JsonDocumentOptions options, List<string> errors, Action<JsonElement> read)
    {
        try
        {
            using var document = JsonDocument.Parse(ByteOrderMark.Skip(bytes), options);
            read(document.RootElement);
        }
        catch (JsonException malformed)
        {
            errors.Add($"it is {JsonFault.Describe(malformed)}");
        }
        catch (InvalidOperationException)
        {
            errors.Add("it has a text that is no Unicode");
        }
    }
}
