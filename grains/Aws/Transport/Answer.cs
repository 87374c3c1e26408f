using System.Buffers;
using System.Net;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>A whole answer, in a rented buffer.</summary>
internal sealed class Answer : IDisposable
{
    /// <summary>More bytes than any answer of Kinesis has: GetRecords returns 10 MiB at most, a third more in base64, and the keys.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    /// <summary>The shared pool has an array for each thread: of large ones that would be much.</summary>
    private const int Large = 1024 * 1024;

    private static readonly ArrayPool<byte> LargePool = ArrayPool<byte>.Create(MaxLength, maxArraysPerBucket: 2);

    private byte[] _buffer;
    private int _length;

    private Answer(HttpResponseMessage response, int capacity)
    {
        _buffer = PoolOf(capacity).Rent(capacity);
        Status = response.StatusCode;
        MediaType = response.Content.Headers.ContentType?.MediaType;
        if (Status == HttpStatusCode.OK)
            return;
        ErrorType = response.Headers.TryGetValues("x-amzn-errortype", out var values) ? values.FirstOrDefault() : null;
        Date = response.Headers.Date;
    }

    public HttpStatusCode Status { get; }

    public string? MediaType { get; }

    /// <summary>The error's type from the header; null in an answer of 200.</summary>
    public string? ErrorType { get; }

    /// <summary>The service's time; null in an answer of 200.</summary>
    public DateTimeOffset? Date { get; }

    public ReadOnlySpan<byte> Body => Memory.Span;

    /// <summary>The body, for whoever decodes it in its place.</summary>
    public Memory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>Reads the whole answer.</summary>
    /// <exception cref="IOException">The answer broke off, or is larger than any answer of Kinesis.</exception>
    public static async ValueTask<Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var declared = response.Content.Headers.ContentLength;
        if (declared > MaxLength)
            throw new IOException($"The answer claims {declared} bytes.");

        // The buffer has one byte more than declared, so that the end of the answer is seen without growing it.
        var answer = new Answer(response, (int)(declared ?? 4095) + 1);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                await answer.FillAsync(stream, cancellationToken).ConfigureAwait(false);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>Takes the buffer out of the answer, for whoever needs it longer: it goes back to its pool when that is disposed.</summary>
    public IDisposable KeepBuffer()
    {
        var kept = (Answer)MemberwiseClone();
        (_buffer, _length) = ([], 0);
        return kept;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            PoolOf(_buffer.Length).Return(_buffer);
        (_buffer, _length) = ([], 0);
    }

    private static ArrayPool<byte> PoolOf(int length) => length > Large ? LargePool : ArrayPool<byte>.Shared;

    private async ValueTask FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            _length += read;
            if (_length > MaxLength)
                throw new IOException($"The answer is larger than {MaxLength} bytes.");
            if (_length == _buffer.Length)
                Grow();
        }
    }

    private void Grow()
    {
        var larger = PoolOf(_buffer.Length * 2).Rent(_buffer.Length * 2);
        Body.CopyTo(larger);
        PoolOf(_buffer.Length).Return(_buffer);
        _buffer = larger;
    }
}
