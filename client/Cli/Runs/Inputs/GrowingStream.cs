using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Orleans.Kpl.Bytes;
using Orleans.Kpl.Run;
using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Reads a file that others write to. At its end it waits for more, until the file has had no name for a while or others wait for its turn.</summary>
internal sealed class GrowingStream : SequentialStream
{
    private readonly FileStream _file;
    private readonly FileInputSettings _settings;
    private readonly TimeProvider _time;
    private readonly NameWatch _name;
    private byte[] _head;

    public GrowingStream(OpenedFile file, long start, FileInputSettings settings, TimeProvider time, NameWatch name)
    {
        (_file, _head, _settings, _time, _name) = (file.Stream, file.FirstBytes, settings, time, name);
        _file.Position = start;
    }

    /// <remarks>
    /// The last line of a file that is read again later is left there while it has no end: more of it may come. Of a file that was truncated no more can
    /// come. Cancelled means here that nothing more is read, and nothing is made of that part.
    /// </remarks>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (WasTruncated())
                throw new OperationCanceledException("the rest of the file is not there any more");
            if (await _file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
                return read;
            if (!_settings.Follow)
                return _settings.Checkpoint is null ? 0 : throw new OperationCanceledException("the rest of the file is left to the next run");
            if (_name.HasBeenMissedForLong())
                return 0;
            if (_name.MayRest)
                throw new OperationCanceledException("the rest of the file is left to its next turn");
            await Task.Delay(_settings.Poll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Whether the file was emptied and perhaps written anew in place: it is shorter than what was read, or begins otherwise.</summary>
    private bool WasTruncated()
    {
        var head = OpenedFile.ReadHead(_file);
        if (_file.Length < _file.Position || !head.AsSpan().StartsWith(_head))
            _name.CutOff();
        _head = head;
        return _name.IsGone;
    }
}

/// <summary>A file that was opened to be looked at and perhaps read, with what it is known by.</summary>
/// <param name="Number">The number that the file system has for it; 0 if unknown.</param>
internal sealed record OpenedFile(string Path, FileStream Stream, long Number, byte[] FirstBytes) : IDisposable
{
    /// <summary>The head that the file is known by from now on.</summary>
    public FileHead Head => FileHead.Of(Number, FirstBytes);

    /// <summary>Opens a file; null if it is gone, has no bytes, or is no file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static OpenedFile? TryOpen(string path)
    {
        FileStream stream;
        try
        {
            // A named pipe has no bytes either, and opening it would wait for its writer.
            var about = new FileInfo(path);
            if ((about.ResolveLinkTarget(returnFinalTarget: true) ?? about) is not FileInfo { Exists: true, Length: > 0 })
                return null;
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // It was renamed or removed at this instant.
        }

        return new OpenedFile(path, stream, NumberOf(stream.SafeFileHandle), ReadHead(stream));
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

    /// <summary>Returns the inode of an open file, which no new name changes; 0 where the system does not tell it: Linux from 5.14 on does.</summary>
    private static long NumberOf(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        try
        {
            var about = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}");
            var line = about.FirstOrDefault(static line => line.StartsWith("ino:", StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line.AsSpan("ino:".Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? unchecked((long)number)
                : 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0; // There is no /proc here: the file is known by its first bytes alone.
        }
    }
}
