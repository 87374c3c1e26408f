using Orleans.Kpl.Run.Model;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Reads a file that others write to. At its end it waits for more, until the file has had no name for a while.</summary>
internal sealed class GrowingStream : Stream
{
    private readonly FileStream _file;
    private readonly FileInputSettings _settings;
    private readonly TimeProvider _time;
    private byte[] _head;
    private long _missedAt = -1;
    private bool _isTruncated;

    public GrowingStream(OpenedFile file, long start, FileInputSettings settings, TimeProvider time)
    {
        (_file, _head, _settings, _time) = (file.Stream, file.FirstBytes, settings, time);
        _file.Position = start;
    }

    /// <summary>Whether no name leads to it any more, or what was read of it was cut off.</summary>
    public bool IsGone => _isTruncated || Volatile.Read(ref _missedAt) >= 0;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Takes note of whether a name leads to it.</summary>
    public void SetSeen(bool isSeen) =>
        Volatile.Write(ref _missedAt, isSeen ? -1 : Volatile.Read(ref _missedAt) is >= 0 and var earlier ? earlier : _time.GetTimestamp());

    /// <remarks>
    /// The last line of a file that is read again later is left there while it has no end: more of it may come. Cancelled means here that nothing
    /// more is read, and nothing is made of that part.
    /// </remarks>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (WasTruncated())
                return 0;
            if (await _file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
                return read;
            if (!_settings.Follow)
                return _settings.Checkpoint is null ? 0 : throw new OperationCanceledException("the rest of the file is left to the next run");
            if (Volatile.Read(ref _missedAt) is >= 0 and var since && _time.GetElapsedTime(since) >= _settings.LeastWait)
                return 0;
            await Task.Delay(_settings.Poll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
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
        if (_isTruncated)
            return true;
        var head = OpenedFile.ReadHead(_file);
        _isTruncated = _file.Length < _file.Position || !head.AsSpan().StartsWith(_head);
        _head = head;
        return _isTruncated;
    }
}
