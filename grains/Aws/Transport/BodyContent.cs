using System.Net;
using System.Net.Http.Headers;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// A request's body while it is sent. It knows two things that decide what a failure means: whether any of it was handed to a connection,
/// and when the connection no longer uses its buffers.
/// </summary>
internal sealed class BodyContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new(MediaTypes.Json), Cbor = new(MediaTypes.Cbor);

    private readonly RequestBody _body;
    private readonly Lock _lock = new();
    private TaskCompletionSource? _released;
    private bool _isWriting;
    private bool _isClosed;

    public BodyContent(RequestBody body)
    {
        _body = body;
        Headers.ContentType = body.Format == WireFormat.Cbor ? Cbor : Json;
    }

    /// <summary>Whether a connection began to send the body. If not, Kinesis never saw the request.</summary>
    public bool WasStarted { get; private set; }

    /// <summary>Whether a connection has taken all of the body.</summary>
    public bool IsWritten { get; private set; }

    /// <summary>Prevents any further connection from sending the body, and waits for one that is sending it.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (!_isWriting)
                return Task.CompletedTask;
            _released ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _released.Task;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isClosed)
                throw new OperationCanceledException("The call has ended.");
            _isWriting = true;
            (WasStarted, IsWritten) = (true, false);
        }

        try
        {
            await _body.WriteToAsync(stream, cancellationToken).ConfigureAwait(false);
            IsWritten = true;
        }
        finally
        {
            lock (_lock)
            {
                _isWriting = false;
                _released?.SetResult();
            }
        }
    }
}
