using Orleans.Kpl.Http.Tests.Serving;

namespace Orleans.Kpl.Http.Tests;

public sealed class FailureLogTests
{
    private static readonly UserRecord Record = new("secret-key", new byte[3]);

    private static readonly RecordFailure Failure = new(
        "events", Record, RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "30 s passed", Record, [FakeProducer.OneAttempt, FakeProducer.OneAttempt]));

    [Fact]
    public async Task Failure_IsLoggedWithItsKeyHashed()
    {
        await using var server = await HttpServer.StartAsync();
        server.Producer.Fail(Failure);
        // printf secret-key | sha256sum
        Assert.Equal("A record of stream events with key sha256:85dbe15d75ef9308 failed: Expired: 30 s passed (2 attempts)", Assert.Single(server.Logs.Errors));
    }

    [Fact]
    public async Task Failure_WhenKeysMayBeLogged_NamesTheKey()
    {
        await using var server = await HttpServer.StartAsync(o => o.LogKeys = true);
        server.Producer.Fail(Failure);
        Assert.Contains("with key secret-key failed", Assert.Single(server.Logs.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Storm_BecomesAFewLinesAndACount()
    {
        await using var server = await HttpServer.StartAsync();
        for (var i = 0; i < 1_000; i++)
            server.Producer.Fail(Failure);
        Assert.Equal(10, server.Logs.Errors.Count);

        server.Time.Advance(TimeSpan.FromSeconds(1));
        server.Producer.Fail(Failure);
        Assert.Equal(["990 more records failed in the seconds before", server.Logs.Errors[0]], server.Logs.Errors.Skip(10));

        for (var i = 0; i < 20; i++)
            server.Producer.Fail(Failure);
        await server.StopAsync();
        Assert.Equal("11 more records failed in the seconds before", server.Logs.Errors[^1]);
        var told = server.Logs.Errors.Count;
        server.Producer.Fail(Failure);
        Assert.Equal(told, server.Logs.Errors.Count);
    }
}
