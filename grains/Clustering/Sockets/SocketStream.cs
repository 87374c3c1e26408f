using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Clustering.Sockets;

/// <summary>
/// The bytes of a socket. Orleans ends its connections with a reset, which therefore ends the bytes as any other end does: a message of which only a part
/// came is none.
/// </summary>
/// <param name="ended">Told once that the socket is closed at this side.</param>
internal sealed class SocketStream(Socket socket, Action ended) : SequentialStream
{
    private int _isEnded;

    public override bool CanWrite => true;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
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

    /// <summary>Whether a call failed because the connection has ended, at this side or at the other.</summary>
    public bool IsEnd(Exception failure) =>
        failure is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.TimedOut }
        || (Volatile.Read(ref _isEnded) != 0 && failure is SocketException or ObjectDisposedException);

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
