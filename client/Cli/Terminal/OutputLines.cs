using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Writes the verbs' results to standard output, each in one write.</summary>
internal static class OutputLines
{
    /// <summary>The options of written JSON: quotes and angle brackets are readable, for no page of HTML is made of it.</summary>
    public static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>EPIPE, of which Linux and macOS have the same number; on Windows .NET itself passes over it.</summary>
    public const int BrokenPipe = 32;

    /// <summary>Writes text; false where no process reads the output any more.</summary>
    public static bool Write(this CliHost host, string text) => Write(host.Output, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a JSON object as one line.</summary>
    public static void WriteJson(this CliHost host, Action<Utf8JsonWriter> writeMembers)
    {
        var line = ObjectOf(writeMembers);
        line.Write("\n"u8);
        Write(host.Output, line.WrittenSpan);
    }

    /// <summary>Returns the text of a JSON object.</summary>
    public static ArrayBufferWriter<byte> ObjectOf(Action<Utf8JsonWriter> writeMembers)
    {
        var text = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(text, Json);
        json.WriteStartObject();
        writeMembers(json);
        json.WriteEndObject();
        json.Flush();
        return text;
    }

    /// <summary>Writes bytes; false where no process reads the output any more, as after <c>| head</c>: the work is done all the same.</summary>
    /// <exception cref="CliException">They cannot be written, as where the disk is full or standard output is closed.</exception>
    public static bool Write(Stream output, ReadOnlySpan<byte> bytes)
    {
        try
        {
            output.Write(bytes);
            output.Flush();
            return true;
        }
        catch (IOException exception) when (exception.HResult == BrokenPipe)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // .NET calls a file denied that is not open, or not for writing.
            throw CliException.Failed($"standard output cannot be written: {(exception is IOException ? exception.Message : "it is closed")}");
        }
    }
}

/// <summary>Opens standard output as a stream that fails when no process reads it any more.</summary>
internal static class StandardOutput
{
    /// <remarks>
    /// .NET's own stream ignores a broken pipe, so that <c>kpl tail | head</c> would read the whole stream. A pipe is therefore opened as a file.
    /// A file is not: the stream would write at positions of its own.
    /// </remarks>
    public static Stream Open()
    {
        if (!OperatingSystem.IsWindows() && TryOpenPipe() is { } pipe)
            return pipe;
        return Console.OpenStandardOutput();
    }

    private static FileStream? TryOpenPipe()
    {
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : stream;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null; // The parent process closed it.
        }
    }
}
