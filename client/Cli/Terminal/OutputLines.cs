using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Writes the verbs' results to standard output, each in one write.</summary>
internal static class OutputLines
{
    /// <summary>Writes text.</summary>
    public static void Write(this CliHost host, string text) => Write(host.Output, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a JSON object as one line.</summary>
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
            // No process reads the output any more, as after `| head`: the work is done all the same.
        }
    }
}
