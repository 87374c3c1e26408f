using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>A file that was opened to be looked at and perhaps read, with what it is known by.</summary>
/// <param name="Stream">The open file.</param>
/// <param name="Number">The number that the file system has for it; 0 if unknown.</param>
internal sealed record OpenedFile(string Path, FileStream Stream, long Number, byte[] FirstBytes) : IDisposable
{
    /// <summary>What the file is known by from now on.</summary>
    public FileHead Head => FileHead.Of(Number, FirstBytes);

    /// <summary>Opens a file; null if it is gone, or is no file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static OpenedFile? TryOpen(string path)
    {
        if (Directory.Exists(path))
            return null;
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // It was renamed or removed at this instant.
        }

        return new OpenedFile(path, stream, FileNumber.Of(stream.SafeFileHandle), ReadHead(stream));
    }

    /// <summary>Reads the first bytes of an open file, whatever its position is.</summary>
    public static byte[] ReadHead(FileStream stream)
    {
        var bytes = new byte[FileHead.MostBytes];
        var length = 0;
        while (length < bytes.Length && RandomAccess.Read(stream.SafeFileHandle, bytes.AsSpan(length), length) is > 0 and var read)
            length += read;
        return bytes[..length];
    }

    public void Dispose() => Stream.Dispose();
}
