using System.Globalization;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Inflating;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>The lines of a body that may be endless, a window at a time. It has memory for one window, or for one line that is longer.</summary>
/// <param name="inflation">What inflates it; null where it is not compressed.</param>
/// <param name="memory">What all bodies may have together.</param>
/// <param name="share">What the caller may have of it.</param>
/// <param name="permits">How many large windows and bodies are taken apart at a time.</param>
/// <param name="request">How a line is read.</param>
/// <param name="options">The longest line, and how long it may take.</param>
internal sealed class StreamedLines(
    ArrivedBytes arrived, BodyInflation? inflation, BodyMemory memory, StreamedShare share, ReadingPermits permits, StreamedRequest request,
    KplHttpOptions options, TimeProvider time) : IDisposable
{
    /// <summary>The longest time between two lines: a peer that is gone without a word is noticed so late.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    public const int MostRecords = 1_024;

    /// <summary>What it has until the first bytes come, which may be minutes.</summary>
    private const int LeastBytes = 256;

    private const int FirstBytes = 16 << 10;
    private const int WindowBytes = 1 << 20;

    private byte[]? _buffer;
    private int _start; // of what was not taken
    private int _whole; // the end of the last whole line
    private int _end;   // of what has come
    private long _line;
    private bool _hasEnded;
    private long _since = time.GetTimestamp(); // when the line under way began, or the wait for one

    /// <summary>The bytes of the lines that were read last, and of blank ones before them.</summary>
    public long WindowLength { get; private set; }

    /// <summary>
    /// Reads the lines that are there, or waits for one, or for a window of blank ones. They are valid until the next call. False where the body has ended.
    /// </summary>
    /// <param name="records">Where they go; it is empty, and for <see cref="MostRecords"/>.</param>
    /// <exception cref="RequestRefusedException">A line is too long or too slow, too many are invalid, or the body is damaged.</exception>
    public async ValueTask<bool> ReadAsync(RecordBuffer records, CancellationToken cancellationToken)
    {
        WindowLength = 0;
        while (records.Count == 0)
        {
            if (_whole > _start)
            {
                using (await permits.EnterAsync(_whole - _start, cancellationToken))
                    Take(records);
                continue;
            }
            // What has blank lines alone costs too.
            if (_hasEnded || WindowLength >= WindowBytes)
                return WindowLength > 0;
            await FillAsync(cancellationToken);
        }
        return true;
    }

    public void Dispose()
    {
        if (_buffer is not { } buffer)
            return;
        _buffer = null;
        (_start, _whole, _end) = (0, 0, 0);
        memory.Return(buffer);
    }

    private void Take(RecordBuffer records)
    {
        ReadOnlyMemory<byte> lines = _buffer.AsMemory(_start, UntilTooLong() - _start);
        var rest = RecordsReader.ReadLines(
            _line == 0 ? ByteOrderMark.Skip(lines) : lines, records, request.Form, request.Key, MostRecords, ref _line);
        _start += lines.Length - rest.Length;
        WindowLength += lines.Length - rest.Length;
    }

    /// <summary>Returns the end of the whole lines before one that is too long, which the buffer may have room for.</summary>
    /// <exception cref="RequestRefusedException">The first line is too long.</exception>
    private int UntilTooLong()
    {
        for (var at = _start; _whole - _start > options.MaxBodyBytes && at < _whole;)
        {
            var length = _buffer.AsSpan(at, _whole - at).IndexOf((byte)'\n') is >= 0 and var found ? found : _whole - at;
            if (length > options.MaxBodyBytes)
                return at > _start ? at : throw TooLong();
            at += length + 1;
        }

        return _whole;
    }

    private RequestRefusedException TooLong() => RequestRefusedException.TooLarge(
        string.Create(CultureInfo.InvariantCulture, $"line {_line + 1} is longer than {options.MaxBodyBytes} bytes (Kpl:Http:MaxBodyBytes)"));

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        // Lines were taken since the last read, which may have waited for memory or outcomes: that is no time of the client's.
        if (_start > 0)
            _since = time.GetTimestamp();
        MakeRoom();
        var (free, isBegun) = (_buffer.AsMemory(_end), _end > 0);
        var read = await ReadInTimeAsync(free, isBegun, cancellationToken);
        _hasEnded = read == 0;
        // The bytes in front of the new ones were searched before.
        var last = free.Span[..read].LastIndexOf((byte)'\n');
        if (last >= 0)
            _whole = _end + last + 1;
        _end += read;
        if (_hasEnded)
            _whole = _end;
        if (last >= 0 || !isBegun)
            _since = time.GetTimestamp();
    }

    /// <summary>Reads what comes within the time that the line under way has left, or the wait for one.</summary>
    private async ValueTask<int> ReadInTimeAsync(Memory<byte> free, bool isBegun, CancellationToken cancellationToken)
    {
        var limit = isBegun ? options.BodyTimeout : LongestPause;
        var left = limit - time.GetElapsedTime(_since);
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await (inflation?.ReadAsync(free, either.Token) ?? arrived.ReadAsync(free, either.Token));
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RequestRefusedException(
                StatusCodes.Status408RequestTimeout, HttpErrorCodes.SlowBody,
                !isBegun
                    ? string.Create(CultureInfo.InvariantCulture, $"no line came for {limit.TotalMinutes:0} minutes")
                    : string.Create(CultureInfo.InvariantCulture, $"line {_line + 1} was not whole within {limit.TotalSeconds:0.###} s (Kpl:Http:BodyTimeout)"));
        }
    }

    /// <summary>
    /// Moves what is left to the front. Grows where the last bytes filled everything: then more wait, or a line is longer. Else the next may come in
    /// minutes, and the stream waits with a small buffer.
    /// </summary>
    private void MakeRoom()
    {
        var (left, wasFilled) = (_end - _start, _end == _buffer?.Length);
        _buffer.AsSpan(_start, left).CopyTo(_buffer);
        (_start, _whole, _end) = (0, 0, left);
        if (_buffer is null)
            Grow(LeastBytes, isNeeded: true);
        else if (_buffer.Length < FirstBytes)
            Grow(FirstBytes, isNeeded: true);
        else if (_buffer.Length > FirstBytes && left < FirstBytes && (!wasFilled || _buffer.Length > WindowBytes))
            Shrink(left);
        else if (wasFilled && (left == _buffer.Length || _buffer.Length < WindowBytes))
            Grow((int)Math.Min(_buffer.Length * 2L, options.MaxBodyBytes + 1), isNeeded: left == _buffer.Length);
        if (left > options.MaxBodyBytes)
            throw TooLong();
    }

    private void Shrink(int left)
    {
        if (memory.TryGrow(_buffer, left, FirstBytes) is not { } smaller)
            return;
        _buffer = smaller;
        share.TryHold(0, isNeeded: false, _line);
    }

    private void Grow(int size, bool isNeeded)
    {
        if (size <= _buffer?.Length)
            return;
        // The caller's quota is of bytes that have come: as many as fill the buffer that is too small.
        var before = share.Held;
        if (!share.TryHold(size > FirstBytes ? _buffer!.Length : 0, isNeeded, _line))
            return;
        if (memory.TryGrow(_buffer, _end, size, isNeeded: isNeeded) is { } larger)
        {
            _buffer = larger;
            return;
        }
        share.TryHold(before, isNeeded: false, _line);
        if (isNeeded)
        {
            throw _line == 0 ? ReceivedBody.NoMemory(options.RetryAfter) : new RequestRefusedException(
                StatusCodes.Status429TooManyRequests, HttpErrorCodes.TooManyRequests,
                $"the bodies of other requests fill the memory for line {_line + 1} (Kpl:Http:MaxBodyMemory); lines without a result were not taken");
        }
    }
}
