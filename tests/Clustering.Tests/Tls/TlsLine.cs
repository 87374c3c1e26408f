using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Orleans.Kpl.Clustering.Tls;

namespace Orleans.Kpl.Clustering.Tests.Tls;

/// <summary>One end of a connection, served as Orleans serves its own: the middleware, then whoever speaks, then the end of the transport.</summary>
internal sealed class TlsLine : IAsyncDisposable
{
    private static readonly SocketConnectionContextFactory Factory =
        new(new SocketConnectionFactoryOptions(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private readonly TaskCompletionSource<IDuplexPipe?> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hungUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConnectionContext _context;

    public TlsLine(Socket socket, TlsMiddleware middleware)
    {
        _context = Factory.Create(socket);
        Ended = RunAsync(middleware);
    }

    /// <summary>What is spoken over once the handshake is taken; null where it was refused.</summary>
    public Task<IDuplexPipe?> Up => _up.Task.WaitAsync(Waiting.Long);

    /// <summary>Ends when the connection has; no failure gets here.</summary>
    public Task Ended { get; }

    public void HangUp() => _hungUp.TrySetResult();

    public async Task SendAsync(byte[] bytes)
    {
        var result = await (await Up)!.Output.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Long);
        Assert.False(result.IsCompleted);
    }

    /// <summary>Reads so many bytes; fewer only where the other side ends.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        var input = (await Up)!.Input;
        var result = await input.ReadAtLeastAsync(count, TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Long);
        var bytes = result.Buffer.Slice(0, Math.Min(count, result.Buffer.Length)).ToArray();
        input.AdvanceTo(result.Buffer.GetPosition(bytes.Length));
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        HangUp();
        _context.Abort();
        await Ended.WaitAsync(Waiting.Long);
    }

    private async Task RunAsync(TlsMiddleware middleware)
    {
        await middleware.OnConnectionAsync(_context, async context =>
        {
            _up.SetResult(context.Transport);
            await _hungUp.Task;
        });
        _up.TrySetResult(null);
        await _context.DisposeAsync();
    }
}
