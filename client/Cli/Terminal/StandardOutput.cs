using Microsoft.Win32.SafeHandles;

namespace Orleans.Kpl.Cli.Terminal;

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
