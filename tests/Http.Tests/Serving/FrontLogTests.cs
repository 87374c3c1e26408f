using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Serving;
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
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", new Uri(front.Url).Port, TestContext.Current.CancellationToken);
        var head = "POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
        await client.Client.SendAsync(Encoding.ASCII.GetBytes(head));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);

        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Contains("\"error_code\":\"SlowBody\"", answer, StringComparison.Ordinal);
        var line = Assert.Single(logs.Entries, static e => e.Line.Contains("draining of the request body failed", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Debug, line.Level);
        Assert.Empty(logs.Errors);
    }

    [Fact]
    public void Log_OfAnythingElse_KeepsItsLevel()
    {
        var logs = new CapturedLog();
        using var log = new FrontLog(logs);
        var logger = log.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
        logger.Log(LogLevel.Error, new EventId(67, "Another"), "it broke", null, static (text, _) => text);
        Assert.Equal((LogLevel.Error, "it broke"), Assert.Single(logs.Lines));
    }
}
