namespace Orleans.Kpl.Http.Tests;

/// <summary>429 and 503 mean that nothing of a request was taken, so that a client may send all of it again.</summary>
public sealed class WholeRequestTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Theory]
    [InlineData("/events", Event)]
    [InlineData("/events/confirmed", Event)]
    [InlineData("/streams/s/records", "[" + Event + "]")]
    public async Task Post_WithoutRoomInTime_Answers429(string path, string body)
    {
        await using var server = await HttpServer.StartAsync(o => (o.AcceptTimeout, o.RetryAfter) = (TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(3)));
        server.Producer.IsFull = true;

        var answer = await server.PostAsync(path, body);

        Assert.Equal((429, "TooManyRequests", "3"), (answer.Status, answer.Code, answer.RetryAfter));
        Assert.Contains("7 s", answer.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(7), server.Producer.AcceptTimeout);
        Assert.Empty(server.Producer.Records);
        Assert.Equal(0, server.Bodies.Bytes);
    }

    [Fact]
    public async Task Post_WhileOtherBodiesFillTheirMemory_Answers429_AndIsTakenAfterwards()
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyMemory = 40_000);
        var free = new TaskCompletionSource();
        server.Producer.Room = free.Task;
        var large = $$"""{"partition_key":"k","payload":"{{new string('x', 30_000)}}"}""";
        var first = server.PostAsync("/events", large);
        await server.Producer.ArrivalAsync();

        var refused = await server.PostAsync("/events", large);
        free.SetResult();

        Assert.Equal((429, "TooManyRequests", "1"), (refused.Status, refused.Code, refused.RetryAfter));
        Assert.Contains("MaxBodyMemory", refused.Message, StringComparison.Ordinal);
        Assert.Equal(202, (await first).Status);
        Assert.Equal(202, (await server.PostAsync("/events", large)).Status);
        Assert.Equal(0, server.Bodies.Bytes);
    }

    [Fact]
    public async Task Post_OfALargeBodyThatIsAlone_IsTakenThoughItIsMoreThanTheLimit()
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyMemory = 1_000);
        var answer = await server.PostAsync("/events", $$"""{"partition_key":"k","payload":"{{new string('x', 300_000)}}"}""");
        Assert.Equal((202, 0L), (answer.Status, server.Bodies.Bytes));
    }

    [Fact]
    public async Task Bodies_ThatWereOnlyAnnounced_HaveNoMemory_AndLittleWithTheirFirstByte()
    {
        await using var server = await HttpServer.StartAsync();
        using var socket = await PlainSocket.AnnounceAsync(server.Address, "/events", 1 << 20);
        Assert.Equal(0, server.Bodies.Bytes);

        await socket.SendAsync("{");

        await Waiting.UntilAsync(() => server.Bodies.Bytes > 0);
        Assert.Equal(256, server.Bodies.Bytes);
    }

    [Fact]
    public async Task Body_ThatDoesNotComeInTime_Answers408AndIsFreed()
    {
        var time = new FakeTimeProvider();
        await using var server = await HttpServer.StartAsync(time, o => o.BodyTimeout = TimeSpan.FromSeconds(30));
        using var socket = await PlainSocket.AnnounceAsync(server.Address, "/events", 1_000);
        await socket.SendAsync("{");
        await Waiting.UntilAsync(() => server.Bodies.Bytes > 0);
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.NotEqual(0, server.Bodies.Bytes);

        time.Advance(TimeSpan.FromSeconds(0.1));

        var answer = await socket.AnswerAsync();
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"error_code\":\"SlowBody\"", answer, StringComparison.Ordinal);
        Assert.Equal((0L, 0), (server.Bodies.Bytes, server.Producer.Calls));
    }
}
