using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>One run of the command in this process, its console in memory.</summary>
internal sealed record CliRun(int ExitCode, byte[] Output, string Error)
{
    /// <summary>
    /// A request that is not answered in time is sent again, and its records are there twice. On a machine that is slow and busy the default
    /// is not long.
    /// </summary>
    private static readonly KeyValuePair<string, string> Patience = new("Kpl__RequestTimeout", "10m");

    /// <summary>Where no tier is: whoever runs the tests may have one at the usual address, as README starts it.</summary>
    public static readonly Uri NoTier = new("http://127.0.0.1:9");

    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The last line of standard output.</summary>
    public JsonElement LastJson => JsonDocument.Parse(Lines[^1]).RootElement;

    /// <summary>It ended so, and standard output has each of these.</summary>
    public void AssertOutput(int exitCode, params string[] parts)
    {
        Assert.True(exitCode == ExitCode, $"{ExitCode}: {Error}");
        Assert.All(parts, part => Assert.Contains(part, Text, StringComparison.Ordinal));
    }

    /// <summary>It ended so, and standard error has each of these.</summary>
    public void AssertError(int exitCode, params string[] parts)
    {
        Assert.True(exitCode == ExitCode, $"{ExitCode}: {Error}");
        Assert.All(parts, part => Assert.Contains(part, Error, StringComparison.Ordinal));
    }

    /// <summary>As <see cref="AssertError"/>, and it wrote nothing to standard output.</summary>
    public void AssertRefused(int exitCode, params string[] parts)
    {
        AssertError(exitCode, parts);
        Assert.Empty(Output);
    }

    /// <summary>It ended so, and standard error is one line, which has this.</summary>
    public void AssertOneLine(int exitCode, string part)
    {
        AssertError(exitCode, part);
        Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The console of a class that is tested by itself.</summary>
    public static CliHost Console(
        TextWriter? error = null, bool terminal = false, Stream? output = null, Dictionary<string, string>? environment = null,
        TimeProvider? time = null) => new()
    {
        Input = Stream.Null, Output = output ?? Stream.Null, Error = error ?? TextWriter.Null, ErrorIsTerminal = terminal, Environment = environment ?? [],
        Directory = "/", Time = time ?? TimeProvider.System,
    };

    public static Task<CliRun> RunAsync(params string[] arguments) => RunAsync("", arguments);

    public static Task<CliRun> RunAsync(string input, string[] arguments) => RunAsync(Encoding.UTF8.GetBytes(input), arguments);

    public static Task<CliRun> RunAsync(byte[] input, string[] arguments) => RunAsync(new MemoryStream(input), arguments);

    public static async Task<CliRun> RunAsync(
        Stream input, string[] arguments, Dictionary<string, string>? environment = null, string? directory = null, Stream? output = null,
        CancellationToken stop = default, bool terminal = false, bool keyboard = false, TimeProvider? time = null,
        Func<char?>? readKey = null, string? programs = null, TextWriter? errors = null, int rows = int.MaxValue)
    {
        var error = new StringWriter();
        output ??= new MemoryStream();
        var exitCode = await KplCommand.RunAsync(arguments, new CliHost
        {
            Input = input,
            Output = output,
            Error = TextWriter.Synchronized(errors ?? error),
            ErrorIsTerminal = terminal,
            OutputIsTerminal = terminal,
            InputIsTerminal = keyboard,
            ReadKey = readKey,
            Rows = () => rows,
            UsualTier = NoTier,
            Time = time ?? TimeProvider.System,
            Environment = new Dictionary<string, string>([Patience, .. environment ?? []]),
            Directory = directory ?? Path.GetTempPath(),
            ProgramFolder = programs ?? Path.GetTempPath(),
            Stop = stop,
        });
        return new CliRun(exitCode, (output as MemoryStream)?.ToArray() ?? [], error.ToString());
    }
}

internal static class Bytes
{
    public static string Text(this byte[] bytes) => Encoding.UTF8.GetString(bytes);
}

/// <summary>Standard output whose reader goes away after so many bytes. As of a pipe, a write of 4,096 bytes or less is taken whole or not at all.</summary>
internal sealed class ClosedPipe(int bytes) : MemoryStream
{
    /// <remarks>All writes come here: those of a type derived from <see cref="MemoryStream"/> do.</remarks>
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (Length + Math.Min(count, 4096) > bytes)
            throw new IOException("Broken pipe", OutputLines.BrokenPipe);
        base.Write(buffer, offset, count);
    }
}

/// <summary>A keyboard at which nobody types. A read of it goes on, whoever is interrupted, until it is disposed of.</summary>
internal sealed class SilentKeyboard : MemoryStream
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is read.</summary>
    public Task Asked => _asked.Task;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _asked.TrySetResult();
        return new(_read.Task);
    }

    public override int ReadByte() => ReadAsync(default).AsTask().GetAwaiter().GetResult() - 1;

    protected override void Dispose(bool disposing)
    {
        _read.TrySetResult(0);
        base.Dispose(disposing);
    }
}

/// <summary>A file whose disk cannot be read behind these bytes.</summary>
internal sealed class BrokenInput(byte[] bytes) : MemoryStream(bytes)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new IOException("Input/output error");
}

/// <summary>Standard output that goes to a file for which there is no room.</summary>
internal sealed class FullOutput : MemoryStream
{
    private const int NoSpace = 28;

    public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device", NoSpace);
}

/// <summary>Standard input that stays open while a test writes to it.</summary>
internal sealed class OpenInput
{
    private readonly Pipe _pipe = new();

    public Stream Stream => _pipe.Reader.AsStream();

    public async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    public void Close() => _pipe.Writer.Complete();
}
