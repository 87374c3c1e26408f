using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Clustering.Sockets;

/// <summary>A TCP connection of a silo. It ends with its output, or when it is aborted, and says so, as Orleans waits for.</summary>
internal sealed class SocketConnection : DefaultConnectionContext
{
    private readonly CancellationTokenSource _closed = new();
    private readonly SocketStream _bytes;
    private readonly StreamPipes _pipes;

    public SocketConnection(Socket socket)
    {
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        _bytes = new SocketStream(socket, () => _ = _closed.CancelAsync());
        Transport = _pipes = new StreamPipes(_bytes, StreamPipes.MessageBytes, endsStream: true);
        ConnectionClosed = _closed.Token;
    }

    public override void Abort(ConnectionAbortedException abortReason) => _bytes.Dispose();

    public override async ValueTask DisposeAsync()
    {
        await _pipes.EndAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>
/// The bytes of a socket. Orleans ends its connections with a reset, which therefore ends the bytes as any other end does: a message of which only a part
/// came is none.
/// </summary>
/// <param name="ended">Told once that the socket is closed at this side.</param>
internal sealed class SocketStream(Socket socket, Action ended) : SequentialStream
{
    private int _isEnded;

    public override bool CanWrite => true;

    private bool IsEnded => Volatile.Read(ref _isEnded) != 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsEnd(e))
        {
            return 0;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
            buffer = buffer[await socket.SendAsync(buffer, cancellationToken).ConfigureAwait(false)..];
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drops what the last flush could not send before the connection was to end: sending it now would hold a thread.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
    }

    private bool IsEnd(Exception e) => e is SocketException { SocketErrorCode: SocketError.ConnectionReset } || (IsEnded && e is SocketException or ObjectDisposedException);

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
        {
            try
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The other side has ended it.
            }

            socket.Dispose();
            ended();
        }

        base.Dispose(disposing);
    }
}
