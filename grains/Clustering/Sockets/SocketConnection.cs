using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Orleans.Kpl.Clustering.Sockets;

/// <summary>A TCP connection of a silo. It ends with its output, or when it is aborted, and says so, as Orleans waits for.</summary>
internal sealed class SocketConnection : DefaultConnectionContext, IDuplexPipe
{
    /// <summary>Messages of lanes and of links have 64 KiB, and an envelope.</summary>
    private const int ReadBytes = 128 << 10;

    /// <summary>Orleans writes up to four messages before it sends them, and copies one that does not end in its block.</summary>
    private const int WriteBytes = 256 << 10;

    private readonly CancellationTokenSource _closed = new();
    private readonly SocketStream _bytes;

    public SocketConnection(Socket socket)
    {
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        _bytes = new SocketStream(socket, () => _ = _closed.CancelAsync());
        var pipes = new StreamPipes(_bytes, ReadBytes, WriteBytes, endsStream: true);
        (Input, Output) = (pipes.Input, new SocketOutput(pipes.Output, _bytes));
        Transport = this;
        ConnectionClosed = _closed.Token;
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override void Abort(ConnectionAbortedException abortReason) => _bytes.Dispose();

    /// <remarks>
    /// It gives no buffers back. Orleans has done so, unless the connection was closed before it was up: then a handshake may still read and write.
    /// </remarks>
    public override async ValueTask DisposeAsync()
    {
        await _bytes.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>
/// The output of a socket. Orleans cancels its flush also after its end, where .NET's writer to a stream fails. A flush to a connection that has ended
/// completes, as a pipe's does, and does not fail.
/// </summary>
internal sealed class SocketOutput(PipeWriter writer, SocketStream stream) : PipeWriter
{
    private int _isComplete;

    public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

    public override void Advance(int bytes) => writer.Advance(bytes);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (stream.IsEnd(e))
        {
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
    }

    public override void CancelPendingFlush()
    {
        try
        {
            writer.CancelPendingFlush();
        }
        catch (ObjectDisposedException)
        {
            // It was complete before.
        }
    }

    public override void Complete(Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _isComplete, 1) == 0)
            writer.Complete(exception);
    }

    public override ValueTask CompleteAsync(Exception? exception = null) =>
        Interlocked.Exchange(ref _isComplete, 1) == 0 ? writer.CompleteAsync(exception) : ValueTask.CompletedTask;
}
