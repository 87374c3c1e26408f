namespace Orleans.Kpl.Http.Tests;

public sealed class ReadinessTests
{
    [Fact]
    public async Task Ready_WhileACheckFindsAnObstacle_Is503AndNothingElseChanges()
    {
        var member = new Check();
        await using var server = await HttpServer.StartAsync(null, new Check(), member);
        Assert.Equal("""{"ok":true}""", (await server.GetAsync("/health/ready")).Text);

        member.Obstacle = "not a member yet";
        var ready = await server.GetAsync("/health/ready");
        Assert.Equal((503, """{"error_code":"NotReady","error_message":"not a member yet"}"""), (ready.Status, ready.Text));
        Assert.Equal(200, (await server.GetAsync("/health/live")).Status);
        Assert.Equal(202, (await server.PostAsync("/events", """{"partition_key":"k","payload":1}""")).Status);
        member.Obstacle = null;
        Assert.Equal(200, (await server.GetAsync("/health/ready")).Status);
    }

    private sealed class Check : IReadinessCheck
    {
        public string? Obstacle { get; set; }

        public string? FindObstacle() => Obstacle;
    }
}
