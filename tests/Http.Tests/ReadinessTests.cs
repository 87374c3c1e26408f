using System.Net;

namespace Orleans.Kpl.Http.Tests;

public sealed class ReadinessTests
{
    [Fact]
    public async Task Ready_WhileACheckFindsAnObstacle_Is503AndNothingElseChanges()
    {
        var member = new Check();
        await using var server = await HttpServer.StartAsync(null, new Check(), member);
        Assert.Equal((HttpStatusCode.OK, """{"ok":true}"""), await GetAsync(server, "/health/ready"));

        member.Obstacle = "not a member yet";
        Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"error_code":"NotReady","error_message":"not a member yet"}"""), await GetAsync(server, "/health/ready"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, "/health/live")).Status);
        Assert.Equal(202, (await server.PostAsync("/events", """{"partition_key":"k","payload":1}""")).Status);

        member.Obstacle = null;
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, "/health/ready")).Status);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpServer server, string path)
    {
        using var answer = await server.Client.GetAsync(path, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private sealed class Check : IReadinessCheck
    {
        public string? Obstacle { get; set; }

        public string? FindObstacle() => Obstacle;
    }
}
