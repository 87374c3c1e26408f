using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
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

    /// <summary>Nine hundred connections, each with a request that waits and another one behind it, had a gigabyte that no limit counted.</summary>
    [Fact]
    public void ServerLimits_OfAConnection_LeaveLittleUnread()
    {
        var sockets = new SocketTransportOptions();
        ServerLimits.Set(sockets);
        Assert.Equal(256 << 10, sockets.MaxReadBufferSize);
    }

    /// <summary>A socket costs its client nothing, and the server a buffer.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task Sockets_ThatSendAByteASecond_AreCutOff()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        await Task.WhenAll(Enumerable.Range(0, 500).Select(async _ =>
        {
            using var socket = await PlainSocket.PostAsync(new Uri(front.Url), "/events", 1_000_000);
            var text = socket.AnswerAsync();
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
