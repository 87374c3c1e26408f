using System.Globalization;
using System.IO.Pipelines;
using Orleans.Kpl.Http.Reading.Inflating;

namespace Orleans.Kpl.Http.Reading;

/// <summary>The whole body of a request in one pooled buffer, so that payloads are slices of it.</summary>
/// <param name="memory">What all bodies may have together.</param>
/// <param name="limit">The longest body, in bytes.</param>
/// <param name="retryAfter">When a client may try again for whose body there is no memory.</param>
/// <param name="stranger">The body, where nothing proves yet whose it is; null where that is known.</param>
internal sealed class ReceivedBody(BodyMemory memory, long limit, TimeSpan retryAfter, StrangerBody? stranger = null) : IDisposable
{
    private const int LeastRent = 256;
    private const int FirstRent = 16 << 10;

    private StrangerBody? _stranger = stranger;
    private byte[]? _buffer;
    private int _length;

    /// <summary>The bytes as sent; invalid after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>There is no memory for it, or no longer.</summary>
    public static RequestRefusedException NoMemory(TimeSpan retryAfter) =>
        RequestRefusedException.TooMany("the bodies of other requests fill the memory for them (Kpl:Http:MaxBodyMemory)", retryAfter);

    public static RequestRefusedException TooLarge(long limit) =>
        RequestRefusedException.TooLarge(string.Create(CultureInfo.InvariantCulture, $"the body is longer than {limit} bytes (Kpl:Http:MaxBodyBytes)"));

    /// <summary>Reads a body to its end. An announced length alone gets no memory: the buffer grows with the bytes that arrive.</summary>
    public async ValueTask FillAsync(PipeReader reader, long? announced, BodyDeadline slow)
    {
        while (true)
        {
            if (!BrokenBody.TryRead(reader, out var read))
                read = await BrokenBody.ReadAsync(reader, slow.Token);
            var fits = _length + read.Buffer.Length <= limit;
            try
            {
                if (fits)
                {
                    Reserve(read.Buffer.Length, announced);
                    foreach (var segment in read.Buffer)
                        Append(segment.Span);
                }
            }
            finally
            {
                BrokenBody.Advance(reader, read.Buffer.End);
            }

            if (!fits)
                throw TooLarge(limit);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>Reads a compressed body to its end, as it was before.</summary>
    /// <param name="charge">Charges what came out until now: before there is more memory for it, and at the end.</param>
    public async ValueTask FillAsync(BodyInflation inflation, Action charge, BodyDeadline slow)
    {
        Grow((int)Math.Min(LeastRent, limit));
        while (await inflation.ReadAsync(_buffer.AsMemory(_length), slow.Token) is var read and > 0)
        {
            _length += read;
            if (_length > limit)
                throw TooLarge(limit);
            if (_length < _buffer!.Length)
                continue;
            charge();
            Grow((int)Math.Min(Math.Max(_buffer.Length * 2L, FirstRent), limit + 1));
        }

        charge();
    }

    public void Dispose()
    {
        if (_buffer is not { } buffer)
            return;
        _buffer = null;
        memory.Return(buffer, _stranger);
    }

    /// <summary>Notes that it is known now whose body it is: strangers get their memory back.</summary>
    public void Know()
    {
        if (_stranger is not { } stranger)
            return;
        _stranger = null;
        memory.Acquit(stranger);
    }

    /// <summary>
    /// Makes room for bytes that have come, and for as many more as a client may have under way: never more than was announced, nor than four times what is
    /// there. A client that sends a byte a second has a few hundred bytes here, and a body of many records is seldom moved. A stranger has what has come, which
    /// the size of a buffer doubles at most.
    /// </summary>
    private void Reserve(long bytes, long? announced)
    {
        var needed = _length + bytes;
        if (needed <= (_buffer?.Length ?? 0))
            return;
        var ahead = _stranger is not null ? needed : announced is { } whole ? Math.Min(whole, needed * 4) : needed * 2;
        Grow((int)Math.Min(Math.Max(Math.Max(ahead, needed), LeastRent), Math.Max(limit, needed)));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Grow(int size) => _buffer = memory.TryGrow(_buffer, _length, size, _stranger)
        ?? throw NoMemory(retryAfter);
}
