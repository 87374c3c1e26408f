using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests;

public sealed class ServerLimitsTests
{
    [Fact]
    public void ServerLimits_AreSetBeforeARequestIsThere()
    {
        var kestrel = new KestrelServerOptions();
        ServerLimits.Set(kestrel, new KplHttpOptions { MaxConnections = 77 });
        Assert.Equal((77L, 0L, TimeSpan.FromSeconds(10), 4_096.0),
            (kestrel.Limits.MaxConcurrentConnections, kestrel.Limits.MaxConcurrentUpgradedConnections, kestrel.Limits.RequestHeadersTimeout,
                kestrel.Limits.MinRequestBodyDataRate!.BytesPerSecond));
    }

    [Fact]
    public async Task Front_WithMoreConnectionsThanAllowed_ClosesThem()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0, MaxConnections = 2 });
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                sockets.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                await sockets[i].ConnectAsync(new Uri(front.Url).Host, new Uri(front.Url).Port);
                if (i == 2)
                    break;
                await sockets[i].SendAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
                Assert.NotEqual(0, await sockets[i].ReceiveAsync(new byte[1_024]));
            }

            Assert.Equal(0, await sockets[2].ReceiveAsync(new byte[1]));
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    /// <summary>A socket costs its client nothing, and the server a buffer.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task Sockets_ThatSendAByteASecond_AreCutOff()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        await Task.WhenAll(Enumerable.Range(0, 500).Select(async _ =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new Uri(front.Url).Host, new Uri(front.Url).Port);
            await socket.SendAsync("POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"u8.ToArray());
            using var answer = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
            var text = answer.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
            for (var seconds = 0; !text.IsCompleted; seconds++)
            {
                Assert.InRange(seconds, 0, 35);
                await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
                try
                {
                    await socket.SendAsync(new byte[1]);
                }
                catch (SocketException)
                {
                    break; // the server is through with it
                }
            }
        }));
    }
}
