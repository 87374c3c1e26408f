namespace Orleans.Kpl.Cli.Put;

/// <summary>Splits a stream of bytes of any length into lines with one buffer.</summary>
/// <param name="longest">The most bytes of a line that is returned; a longer line is reported and skipped.</param>
internal sealed class LineReader(Stream input, int longest)
{
    /// <summary>The most bytes of a line that becomes a record: the largest that Kinesis accepts.</summary>
    public const int LongestRecord = 10 << 20;

    private const int FirstSize = 256 << 10;

    private byte[] _buffer = new byte[Math.Min(FirstSize, longest + 2)];
    private int _start;
    private int _scanned;
    private int _end;
    private bool _skipping;
    private bool _ended;

    /// <summary>The number of lines so far, including lines that were too long.</summary>
    public long Lines { get; private set; }

    /// <summary>The number of bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The number of bytes of the lines that were taken, with their line ends.</summary>
    public long BytesTaken => BytesRead - (_end - _start);

    /// <summary>Whether the end of the stream was reached and every line was taken.</summary>
    public bool HasEnded => _ended && _start == _end && !_skipping;

    /// <summary>Whether bytes were read whose line has no end yet.</summary>
    public bool HasPartOfLine => _skipping || (_scanned == _end && _start < _end);

    /// <summary>
    /// Takes the next whole line from the buffer, without its \n or \r\n; false when more must be read. The line is valid until the next call.
    /// </summary>
    /// <param name="tooLong">Whether the line was longer than allowed; if so, <paramref name="line"/> is empty.</param>
    public bool TryRead(out ReadOnlyMemory<byte> line, out bool tooLong)
    {
        line = default;
        tooLong = false;
        var feed = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        int length;
        if (feed >= 0)
        {
            length = _scanned + feed - _start;
            var next = _scanned + feed + 1;
            if (length > 0 && _buffer[_start + length - 1] == '\r')
                length--;
            line = _buffer.AsMemory(_start, length);
            _start = _scanned = next;
        }
        else
        {
            _scanned = _end;
            length = _end - _start;
            if (!_ended || (length == 0 && !_skipping))
                return false;
            line = _buffer.AsMemory(_start, length);
            _start = _end;
        }

        Lines++;
        tooLong = _skipping || length > longest;
        _skipping = false;
        if (tooLong)
            line = default;
        return true;
    }

    /// <summary>Reads more; false at the end. May be called only after <see cref="TryRead"/> returned false.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_ended)
            return false;

        MakeRoom();
        var read = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _ended = read == 0;
        _end += read;
        BytesRead += read;
        return true;
    }

    /// <summary>Reads more; false at the end, or when <paramref name="stop"/> is cancelled: a read of a terminal or a pipe may ignore that.</summary>
    public async Task<bool> FillUntilAsync(CancellationToken stop)
    {
        var filling = FillAsync(stop).AsTask();
        await ((Task)filling).WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return filling is { IsCompleted: true, IsCanceled: false } && await filling.ConfigureAwait(false);
    }

    private void MakeRoom()
    {
        if (_end - _start > longest + 1)
        {
            _skipping = true;
            _start = _scanned = _end;
        }

        if (_start == _end)
            _start = _scanned = _end = 0;
        else if (_end == _buffer.Length)
        {
            var length = _end - _start;
            var to = length > _buffer.Length / 2 && _buffer.Length < longest + 2 ? new byte[Math.Min(_buffer.Length * 2L, longest + 2L)] : _buffer;
            _buffer.AsSpan(_start, length).CopyTo(to);
            _buffer = to;
            _scanned -= _start;
            _start = 0;
            _end = length;
        }
    }
}
