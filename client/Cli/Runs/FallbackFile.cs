using System.Buffers;
using System.Text.Json;
using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>Takes records that could not be delivered, a line of JSON each, at the end of a file.</summary>
internal sealed class FallbackFile(string path, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private FileStream? _file;
    private bool _isTorn;

    /// <summary>Appends a record.</summary>
    /// <param name="stream">The stream that it should go to; null if that is not known.</param>
    /// <param name="key">The partition key; null if that is not known.</param>
    /// <param name="hashKey">The explicit hash key; null for none.</param>
    /// <param name="data">Its data; null where that was too long to be read: it must not look like a record without data.</param>
    /// <param name="outcome">Why it was not delivered.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Append(string? stream, string? key, UInt128? hashKey, ReadOnlyMemory<byte>? data, in PutOutcome outcome)
    {
        lock (_lock)
        {
            _line.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_line))
            {
                json.WriteStartObject();
                if (stream is not null)
                    json.WriteString("stream"u8, stream);
                if (key is not null)
                    json.WriteString("partition_key"u8, key);
                if (hashKey is { } number)
                    json.WriteString("explicit_hash_key"u8, number.ToString());
                if (data is { } known)
                    json.WriteBase64String("data"u8, known.Span);
                json.WriteString("error_code"u8, outcome.ErrorCode);
                json.WriteString("error_message"u8, outcome.ErrorMessage);
                json.WriteString("failed_at"u8, time.GetUtcNow());
                json.WriteEndObject();
            }

            _line.Write("\n"u8);
            _file ??= Open();
            // A line that a full disk has cut off is no part of this record.
            if (_isTorn)
                _file.Write("\n"u8);
            _isTorn = true;
            _file.Write(_line.WrittenSpan);
            _isTorn = false;
        }
    }

    /// <summary>Completes when all that was appended outlives the end of the machine.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Sync()
    {
        lock (_lock)
            _file?.Flush(flushToDisk: true);
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Open()
    {
        var file = OwnFile.Open(path, FileMode.OpenOrCreate, FileShare.Read);
        if (file.CanSeek && file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            _isTorn = file.ReadByte() != '\n';
        }

        return file;
    }
}

/// <summary>Opens files that nobody but this user reads: records are his, and so are their keys.</summary>
internal static class OwnFile
{
    public static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
