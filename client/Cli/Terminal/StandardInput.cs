using Microsoft.Win32.SafeHandles;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Opens standard input as a stream that a keyboard can end.</summary>
internal static class StandardInput
{
    /// <remarks>
    /// .NET's own stream edits and echoes typed lines itself, and may miss a Ctrl-D that comes between two reads. The terminal does both rightly, for a
    /// program that reads it as a file.
    /// </remarks>
    public static Stream Open() => OperatingSystem.IsWindows() || Console.IsInputRedirected
        ? Console.OpenStandardInput()
        : new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
}
