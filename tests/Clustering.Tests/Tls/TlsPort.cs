using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Orleans.Kpl.Clustering.Tls;

namespace Orleans.Kpl.Clustering.Tests.Tls;

/// <summary>A port with TLS. Whoever comes has a line.</summary>
internal sealed class TlsPort : IAsyncDisposable
{
    private readonly Channel<TlsLine> _lines = Channel.CreateUnbounded<TlsLine>();
    private readonly List<TlsLine> _all = [];
    private readonly TcpListener _listener;
    private readonly Task _accepting;

    public TlsPort(TlsMiddleware middleware, IPAddress address)
    {
        _listener = new TcpListener(address, 0);
        _listener.Start(2_000);
        _accepting = AcceptAsync(middleware);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>The next line.</summary>
    public Task<TlsLine> NextAsync() => _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Long);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var line in _all)
            await line.DisposeAsync();
    }

    private async Task AcceptAsync(TlsMiddleware middleware)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
            {
                return;
            }
            var line = new TlsLine(socket, middleware);
            _all.Add(line);
            _lines.Writer.TryWrite(line);
        }
    }
}
