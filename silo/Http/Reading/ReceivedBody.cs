using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Kpl.Http.Reading;

/// <summary>The whole body of a request in one pooled buffer, so that payloads are slices of it.</summary>
internal sealed class ReceivedBody : IDisposable
{
    private const int FirstRent = 16 << 10;

    private byte[]? _buffer;
    private int _length;

    /// <summary>The bytes as sent; invalid after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>Reads the body to its end.</summary>
    /// <exception cref="RequestRefusedException">The body is longer than <paramref name="limit"/>, or compressed.</exception>
    public static async ValueTask<ReceivedBody> ReadAsync(HttpRequest request, long limit)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && !string.Equals(encoding.ToString(), "identity", StringComparison.OrdinalIgnoreCase))
            throw RequestRefusedException.WrongType($"Content-Encoding '{encoding}' is not taken; send the body as it is");

        // The limit is enforced here and not in the server, which would close the connection before the client has read the answer.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (request.ContentLength > limit)
            throw TooLarge(limit);

        var body = new ReceivedBody();
        try
        {
            await body.FillAsync(request.BodyReader, (int)(request.ContentLength ?? FirstRent), limit);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_buffer is not { } buffer)
            return;
        _buffer = null;
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static RequestRefusedException TooLarge(long limit) =>
        RequestRefusedException.TooLarge(string.Create(CultureInfo.InvariantCulture, $"the body is longer than {limit} bytes (Kpl:Http:MaxBodyBytes)"));

    private async ValueTask FillAsync(PipeReader reader, int expected, long limit)
    {
        // An announced length alone gets no memory: the buffer grows with the bytes that arrive.
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(expected, 256, 1 << 20));
        while (true)
        {
            var read = await reader.ReadAsync();
            var fits = _length + read.Buffer.Length <= limit;
            if (fits)
            {
                foreach (var segment in read.Buffer)
                    Append(segment.Span, limit);
            }
            reader.AdvanceTo(read.Buffer.End);
            if (!fits)
                throw TooLarge(limit);
            if (read.IsCompleted)
                return;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, long limit)
    {
        if (_length + bytes.Length > _buffer!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(_buffer.Length * 2L, _length + bytes.Length), limit));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
