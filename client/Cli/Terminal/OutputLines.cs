using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>What the verbs write to standard output in one go.</summary>
internal static class OutputLines
{
    /// <summary>Writes text.</summary>
    public static void Write(this CliHost host, string text) => Write(host.Output, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes an object of JSON as one line.</summary>
    public static void WriteJson(this CliHost host, Action<Utf8JsonWriter> writeMembers)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        Write(host.Output, line.WrittenSpan);
    }

    private static void Write(Stream output, ReadOnlySpan<byte> bytes)
    {
        try
        {
            output.Write(bytes);
            output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads it any more, as behind `| head`: what was done is done all the same.
        }
    }
}
