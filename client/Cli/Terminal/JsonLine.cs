using System.Text.Json;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Writes lines of JSON to standard output.</summary>
internal static class JsonLine
{
    public static void Write(Stream output, Action<Utf8JsonWriter> writeMembers)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        output.Flush();
    }
}
