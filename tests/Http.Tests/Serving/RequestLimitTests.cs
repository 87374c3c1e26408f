using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>
/// A connection of HTTP/2 has a hundred requests, and each answer that nobody reads holds memory, a refusal too. An address without a key stopped a tier
/// by them.
/// </summary>
/// <remarks>Tests <see cref="AddressLimit"/>.</remarks>
public sealed class RequestLimitTests
{
    private const string LargeAnswer = "/large";
    private const uint RefusedStream = 7;

    [Fact]
    public async Task Requests_OfOneAddress_BeyondItsLimit_AreReset_WhileItsAnswersAreUnread()
    {
        var address = OwnAddress.Find();
        await using var front = await StartAsync(static o => o.MaxConnectionsPerAddress = 2 * AddressLimit.Http2Part);
        using var first = await UnreadHttp2.ConnectAsync(address, front);
        await AssertAnsweredAsync(first, 2 * AddressLimit.Http2Part);
        using (var second = await UnreadHttp2.ConnectAsync(address, front))
            await AssertResetAsync(second);
        using var local = await UnreadHttp2.ConnectAsync(IPAddress.Loopback, front);
        await AssertAnsweredAsync(local, 2 * AddressLimit.Http2Part + 1);

        first.Dispose();
        await UntilAnsweredAsync(address, front);
    }

    /// <summary>Many addresses have together as many requests as there may be connections. Proxies and this machine are no part of them.</summary>
    [Fact]
    public async Task Requests_OfAllAddresses_AreAtMostAsManyAsConnections()
    {
        var address = OwnAddress.Find();
        await using var front = await StartAsync(static o => (o.MaxConnections, o.MaxConnectionsPerAddress) = (5, 2 * AddressLimit.Http2Part));
        using var first = await UnreadHttp2.ConnectAsync(address, front);
        await AssertAnsweredAsync(first, 5);
        using var second = await UnreadHttp2.ConnectAsync(address, front);
        await AssertResetAsync(second);
        using var local = await UnreadHttp2.ConnectAsync(IPAddress.Loopback, front);
        await AssertAnsweredAsync(local, 6);
    }

    /// <summary>The server does not tell when a short answer was read.</summary>
    [Fact]
    public async Task ConnectionsOfHttp2_OfOneAddress_AreATenthOfItsConnections()
    {
        var address = OwnAddress.Find();
        await using var front = await StartAsync(static o => o.MaxConnectionsPerAddress = AddressLimit.Http2Part);
        using var first = await UnreadHttp2.ConnectAsync(address, front);
        await AssertAnsweredAsync(first, AddressLimit.Http2Part, "/health/live");
        await AssertAnsweredAsync(first, AddressLimit.Http2Part, "/nowhere");
        using (var second = await UnreadHttp2.ConnectAsync(address, front))
        {
            await second.RequestAsync("/health/live");
            await second.Ended.WaitAsync(Waiting.Long);
            Assert.Equal(0, second.Answers);
        }

        first.Dispose();
        await UntilAnsweredAsync(address, front);
    }

    private static Task<HttpFront> StartAsync(Action<KplHttpOptions> configure)
    {
        var options = new KplHttpOptions { Address = "0.0.0.0", Port = 0, AllowAnonymous = true };
        configure(options);
        return FrontServer.StartAsync(options, loggers: null, new Http2Part());
    }

    private static async Task AssertAnsweredAsync(UnreadHttp2 client, int requests, string path = LargeAnswer)
    {
        var before = client.Answers;
        for (var i = 0; i < requests; i++)
            await client.RequestAsync(path);
        await client.CameAsync(requests);
        Assert.Equal((requests, 0), (client.Answers - before, client.Resets.Count));
    }

    private static async Task AssertResetAsync(UnreadHttp2 client)
    {
        await client.RequestAsync("/health/live");
        await client.CameAsync(1);
        Assert.Equal([RefusedStream], client.Resets);
    }

    private static Task UntilAnsweredAsync(IPAddress address, HttpFront front) => Waiting.UntilAsync(async () =>
    {
        using var next = await UnreadHttp2.ConnectAsync(address, front);
        await next.RequestAsync("/health/live");
        await Task.WhenAny(next.CameAsync(1), next.Ended);
        return next.Answers == 1;
    });

    private sealed class Http2Part : IHttpPart
    {
        public void ListenPlain(KestrelServerOptions server, ListenOptions listener) => listener.Protocols = HttpProtocols.Http2;

        /// <remarks>The server takes 4 KiB from whoever writes them before they are read.</remarks>
        public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet(LargeAnswer, static c => c.Response.Body.WriteAsync(new byte[8 << 10]).AsTask());
    }

    /// <summary>A client of HTTP/2 that has no room for the body of any answer.</summary>
    private sealed class UnreadHttp2 : IDisposable
    {
        private readonly Socket _socket;
        private readonly ConcurrentQueue<uint> _resets = [];
        private readonly SemaphoreSlim _came = new(0);
        private int _answers;
        private uint _last = 1;

        private UnreadHttp2(Socket socket) => _socket = socket;

        /// <summary>The codes of requests that were reset.</summary>
        public IReadOnlyCollection<uint> Resets => _resets;

        /// <summary>How many requests were answered.</summary>
        public int Answers => Volatile.Read(ref _answers);

        /// <summary>Completes when the server has ended the connection.</summary>
        public Task Ended { get; private set; } = Task.CompletedTask;

        public static async Task<UnreadHttp2> ConnectAsync(IPAddress address, HttpFront front)
        {
            var client = new UnreadHttp2(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            await client._socket.ConnectAsync(address, new Uri(front.Url).Port);
            // The preface, and SETTINGS_INITIAL_WINDOW_SIZE=0.
            await client._socket.SendAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, [0, 4, 0, 0, 0, 0])]);
            client.Ended = client.ReadAsync();
            return client;
        }

        public async Task RequestAsync(string path)
        {
            // GET, http, the path and the host, in literals without indexing.
            byte[] fields = [0x82, 0x86, 0x04, (byte)path.Length, .. path.Select(static c => (byte)c), 0x01, 1, (byte)'x'];
            await _socket.SendAsync(Frame(1, 5, _last, fields));
            _last += 2;
        }

        /// <summary>Waits for so many answers or resets.</summary>
        public async Task CameAsync(int count)
        {
            for (var i = 0; i < count; i++)
                Assert.True(await _came.WaitAsync(Waiting.Long));
        }

        public void Dispose() => _socket.Dispose();

        private static byte[] Frame(byte type, byte flags, uint stream, byte[] payload)
        {
            var frame = new byte[9 + payload.Length];
            BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)payload.Length << 8 | type);
            frame[4] = flags;
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), stream);
            payload.CopyTo(frame, 9);
            return frame;
        }

        private async Task ReadAsync()
        {
            await using var stream = new NetworkStream(_socket);
            var head = new byte[9];
            try
            {
                while (true)
                {
                    await stream.ReadExactlyAsync(head);
                    var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head) >> 8];
                    await stream.ReadExactlyAsync(payload);
                    if (head[3] == 1)
                        Interlocked.Increment(ref _answers);
                    else if (head[3] == 3)
                        _resets.Enqueue(BinaryPrimitives.ReadUInt32BigEndian(payload));
                    else
                        continue;
                    _came.Release();
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The connection has ended.
            }
        }
    }
}
