using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Aws.Tests.Serving;

/// <summary>An HTTP/1.1 server on a socket of its own, which does on the wire exactly what the test says.</summary>
internal sealed class WireServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<ReceivedRequest, WireConnection, Task> _respond;
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly Task _accepting;
    private int _accepted;

    public WireServer(Func<ReceivedRequest, WireConnection, Task> respond, X509Certificate2? certificate = null)
    {
        _respond = respond;
        _certificate = certificate;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>What speaks TLS in tunnels to any host; null for no tunnels.</summary>
    public X509Certificate2? Tunnels { get; init; }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public Uri Address => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}");

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = [];

    /// <summary>How many connections were made.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>A server that answers every request alike.</summary>
    public static WireServer Answering(int status, string body, string contentType = "application/x-amz-json-1.1", string extraHeaders = "") =>
        new((_, connection) => connection.AnswerAsync(status, body, contentType, extraHeaders));

    /// <summary>A server that answers the first request with the first answer, and so on; the last answer stays.</summary>
    public static WireServer Answering(params (int Status, string Body, string ExtraHeaders)[] answers)
    {
        var next = 0;
        return new WireServer((_, connection) =>
        {
            var (status, body, headers) = answers[Math.Min(Interlocked.Increment(ref next), answers.Length) - 1];
            return connection.AnswerAsync(status, body, extraHeaders: headers);
        });
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        // What was accepted last must be among those that are closed, or its end would be waited for in vain.
        await _accepting;
        foreach (var socket in _sockets)
            socket.Close();
        await Task.WhenAll(_connections).WaitAsync(Waiting.Long);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                Interlocked.Increment(ref _accepted);
                _sockets.Add(socket);
                _connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using Stream plain = new NetworkStream(socket, ownsSocket: true);
            var stream = plain;
            if (_certificate is not null)
            {
                var secured = new SslStream(plain);
                await secured.AuthenticateAsServerAsync(_certificate);
                stream = secured;
            }

            var connection = new WireConnection(socket, stream);
            while (await connection.ReadRequestAsync() is { } request)
            {
                Requests.Enqueue(request);
                if (Tunnels is null || !request.RequestLine.StartsWith("CONNECT ", StringComparison.Ordinal))
                {
                    await _respond(request, connection);
                    continue;
                }

                await connection.WriteAsync("HTTP/1.1 200 X\r\n\r\n");
                var secured = new SslStream(stream);
                await secured.AuthenticateAsServerAsync(Tunnels);
                (stream, connection) = (secured, new WireConnection(socket, secured));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or the test closed the server.
        }
    }
}
