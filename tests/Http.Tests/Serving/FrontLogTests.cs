using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Serving;

public sealed class FrontLogTests
{
    /// <summary>Each slow body left an error with a stack trace, which said nothing that its answer did not say.</summary>
    [Fact]
    public async Task Log_OfABodyThatIsTooSlow_HasNoError()
    {
        var logs = new CapturedLog();
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0, BodyTimeout = TimeSpan.FromMilliseconds(20) }, logs);
        using var socket = await PlainSocket.ConnectAsync(new Uri(front.Url));
        // At once: what came behind the answer would have the connection reset.
        await socket.SendAsync("POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");

        Assert.Contains("\"error_code\":\"SlowBody\"", await socket.AnswerAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1])); // it ends behind that, and so do its lines
        var line = Assert.Single(logs.Entries, static e => e.Line.Contains("draining of the request body failed", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Debug, line.Level);
        Assert.Empty(logs.Errors);
    }

    [Fact]
    public void Log_OfAnythingElse_KeepsItsLevel()
    {
        var logs = new CapturedLog();
        using var log = new FrontLog(logs, TimeProvider.System);
        var logger = log.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
        logger.Log(LogLevel.Error, new EventId(67, "Another"), "it broke", null, static (text, _) => text);
        Assert.Equal((LogLevel.Error, "it broke"), Assert.Single(logs.Lines));
    }

    /// <summary>Where all connections were taken, whoever tried for another one wrote a line.</summary>
    [Fact]
    public async Task Log_OfConnectionsBeyondTheLimit_HasTenAMinute()
    {
        var logs = new CapturedLog();
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0, MaxConnections = 1 }, logs);
        using var first = await PlainSocket.ConnectAsync(new Uri(front.Url));
        await first.SendAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.NotEmpty(await first.AnswerAsync());

        for (var i = 0; i < 2 * EventBudget.PerMinute; i++)
        {
            try
            {
                using var next = await PlainSocket.ConnectAsync(new Uri(front.Url));
                Assert.Equal(0, await next.ReceiveAsync(new byte[1]));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Closed without a farewell.
            }
        }

        var lines = logs.Entries.Count(static e => e.Line.Contains("maximum number of concurrent connections", StringComparison.Ordinal));
        Assert.Equal(EventBudget.PerMinute, lines);
    }

    [Fact]
    public void Log_OfMoreConnectionsBeyondTheLimit_CountsThem()
    {
        var (logs, time) = (new CapturedLog(), new FakeTimeProvider());
        using var log = new FrontLog(logs, time);
        var logger = log.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Connections");
        for (var i = 0; i < EventBudget.PerMinute + 3; i++)
            logger.Log(LogLevel.Warning, new EventId(24, "ConnectionRejected"), "rejected", null, static (text, _) => text);

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(EventBudget.PerMinute + 1, logs.Lines.Count);
        Assert.StartsWith("3 more connections were closed", logs.Lines[^1].Item2, StringComparison.Ordinal);
    }
}
