using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>A file named on the command line, or standard input.</summary>
/// <param name="Length">The length in bytes; 0 if unknown.</param>
/// <param name="IsKeyboard">Whether somebody types it.</param>
internal sealed record InputFile(Stream Stream, long Length, bool IsKeyboard) : IAsyncDisposable
{
    /// <summary>The keys that end typed input.</summary>
    public static string EndKey => OperatingSystem.IsWindows() ? "Ctrl-Z and Enter" : "Ctrl-D";

    /// <summary>Opens the file, or standard input if <paramref name="file"/> is null or <c>-</c>.</summary>
    /// <exception cref="CliException">The file does not exist or may not be read.</exception>
    public static InputFile Open(CliHost host, string? file)
    {
        if (file is null or "-")
            return new InputFile(host.Input, 0, host.InputIsTerminal);

        var path = host.PathOf(file);
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, FileOptions.SequentialScan);
            return new InputFile(stream, stream.CanSeek ? stream.Length : 0, IsKeyboard: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadArguments($"{file}: {FileFault.Describe(exception, path)}");
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}

/// <summary>Opens standard input as a stream that a keyboard can end.</summary>
internal static class StandardInput
{
    /// <remarks>
    /// .NET's own stream edits and echoes typed lines itself, and may miss a Ctrl-D that comes between two reads. The terminal does both rightly, for a
    /// program that reads it as a file.
    /// </remarks>
    public static Stream Open() => !OperatingSystem.IsWindows() && IsClosed ? Stream.Null
        : OperatingSystem.IsWindows() || Console.IsInputRedirected ? Console.OpenStandardInput()
        : new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);

    /// <summary>
    /// Whether the process was started without one. Descriptor 0 then is a pipe of .NET's own, which never has data. .NET closes its own descriptors on
    /// exec; one that was inherited stays open.
    /// </summary>
    private static bool IsClosed => (FileControl(0, GetFlags) & CloseOnExec) != 0;

    private const int GetFlags = 1;
    private const int CloseOnExec = 1;

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int FileControl(int file, int command);
}
