using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Who may read the metrics where they are open to everybody.</summary>
public sealed class OpenMetricsTests
{
    [Fact]
    public async Task Metrics_IfTheyAreOpen_AreReadByEverybody_AndNothingElseIs()
    {
        var key = ApiKeyText.Create();
        var folder = new IdentityFolder();
        folder.Write(IdentityFolder.FileOf(IdentityFolder.Identity("producer", key, "produce:*")));
        await using var server = await IdentityServer.StartAsync(folder, openMetrics: true);

        var answer = await server.SendAsync("GET", "/metrics", null);
        Assert.Equal((200, "kpl_up 1\n"), (answer.Status, answer.Text));
        Assert.Equal(200, (await server.SendAsync("GET", "/metrics", key)).Status);
        Assert.Equal(200, (await server.SendAsync("HEAD", "/metrics", null)).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/health", null)).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/admin/kinesis", null)).Status);
    }
}
