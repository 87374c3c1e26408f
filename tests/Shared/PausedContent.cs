using System.Net;
using System.Net.Http.Headers;

namespace Orleans.Kpl.Testing;

/// <summary>A body of which a part is sent, and the rest when its answer is there.</summary>
internal sealed class PausedContent : HttpContent
{
    /// <summary>What is sent first: more than any limit of bodies.</summary>
    public const int First = 18_000_000;

    private const int Bytes = 20_000_000;

    private readonly bool _isAnnounced;
    private readonly byte[] _start;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="isAnnounced">Whether the request says how long the body is.</param>
    /// <param name="start">What is in front of its zeros.</param>
    public PausedContent(string contentType, bool isAnnounced, byte[]? start = null)
    {
        (_isAnnounced, _start) = (isAnnounced, start ?? []);
        Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
    }

    public int Sent { get; private set; }

    /// <summary>Sends the rest. It fails where the connection takes no more of the body.</summary>
    public Task SendRestAsync()
    {
        _answered.TrySetResult();
        return _sent.Task;
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        try
        {
            await stream.WriteAsync(_start);
            var part = new byte[50_000];
            while (Sent < Bytes)
            {
                if (Sent == First)
                    await _answered.Task;
                // Before: the answer may come before the last write has returned.
                Sent += part.Length;
                await stream.WriteAsync(part);
            }

            _sent.SetResult();
        }
        catch (Exception error)
        {
            _sent.SetException(error);
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _start.Length + Bytes;
        return _isAnnounced;
    }
}
