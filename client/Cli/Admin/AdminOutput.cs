using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Prints a tier's answer: unchanged in one line, or as a table.</summary>
/// <param name="host">The host whose standard output gets the answer.</param>
/// <param name="json">Whether the answer is printed unchanged.</param>
internal sealed class AdminOutput(CliHost host, bool json)
{
    /// <summary>The colours of the output.</summary>
    public Paint Paint => host.OutputPaint;

    public int Tell(byte[] answer, Func<string> makeTable)
    {
        try
        {
            host.Write(json ? Encoding.UTF8.GetString(answer) + "\n" : makeTable());
            return ExitCode.Success;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw CliException.Failed("the tier's answer cannot be read: it is of another version, or what answers is no tier");
        }
    }

    public static T Read<T>(byte[] answer, JsonTypeInfo<T> type) => AdminJson.Read(Encoding.UTF8.GetString(answer), type);

    /// <summary>Reads an answer that the command can do without; null if it is something else.</summary>
    public static T? TryRead<T>(byte[] answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Read(answer, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
