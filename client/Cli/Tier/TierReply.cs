using System.Buffers;
using System.Net;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>One HTTP answer, read whole into a rented buffer.</summary>
internal sealed class TierReply : IDisposable
{
    private byte[] _buffer;
    private int _length;

    private TierReply(HttpResponseMessage response)
    {
        Status = response.StatusCode;
        RetryAfter = response.Headers.RetryAfter?.Delta;
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(response.Content.Headers.ContentLength + 1 ?? 4096, 4096, 1 << 20));
    }

    public HttpStatusCode Status { get; }

    /// <summary>How long the tier asks to wait before the next try; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(0, _length);

    public static async Task<TierReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var reply = new TierReply(response);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var read = await stream.ReadAsync(reply._buffer.AsMemory(reply._length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return reply;
            reply._length += read;
            if (reply._length == reply._buffer.Length)
                reply.Grow();
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Body.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>A request that got no answer. Unless <see cref="NotSent"/>, it is unknown whether the tier accepted its records.</summary>
internal sealed class TierException(string code, string message, bool notSent, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether nothing of the request reached the tier.</summary>
    public bool NotSent { get; } = notSent;
}
