using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Tests;

public sealed class ForeignEndpointTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Fact]
    public async Task Start_WhenTheStreamIsUnknown_AnswersSoAndLogsWhatNobodyWaitsFor()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", kinesis.Url.AbsoluteUri, "--stream", "nowhere");

        Assert.Equal((202, """{"status":"accepted"}"""), await tier.PostAsync("/events", """{"partition_key":"secret-key","payload":1}"""));
        var line = await tier.LogAsync("was not delivered");
        Assert.Contains("ResourceNotFoundException", line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-key", line, StringComparison.Ordinal);

        var (status, text) = await tier.PostAsync("/events/confirmed", Event);
        Assert.Equal(404, status);
        Assert.Contains("\"error_code\":\"ResourceNotFoundException\"", text, StringComparison.Ordinal);
        Assert.Empty(kinesis.Kinesis.Streams);
    }

    [Fact]
    public async Task Start_WithCreateStreams_CreatesThemThere()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, CreatingTime = TimeSpan.Zero });
        await kinesis.Kinesis.CreateStreamAsync("old", 1);
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", kinesis.Url.AbsoluteUri, "--create-streams", "--stream", "orders=3",
            "--stream", "old=2", "--Kpl:RequestTimeout=1m");

        // Both are asked for at the same time, and either may be told first.
        await tier.LogAsync("Stream orders is being created");
        await tier.LogAsync("Stream old ");
        Assert.Equal(3, kinesis.Kinesis.Get("orders").Shards.Count);
        Assert.Single(kinesis.Kinesis.Get("old").Shards);
        Assert.Equal(200, (await tier.PostAsync("/events/confirmed", Event)).Status);
    }

    [Fact]
    public async Task Start_WithCreateStreams_GoesOnUntilTheEndpointIsThere()
    {
        // Held until the end, so that nobody takes it before the endpoint does.
        using var port = new HeldPort();
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", $"http://127.0.0.1:{port.Number}", "--create-streams",
            "--Kpl:RequestTimeout=1m");
        await tier.LogAsync("could not be created yet");

        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = port.Number, CreatingTime = TimeSpan.Zero });

        await tier.LogAsync("Stream events is being created with 4 shards");
        Assert.Equal(4, kinesis.Kinesis.Get("events").Shards.Count);
    }

    [Fact]
    public async Task Start_WithShardsButWithoutCreateStreams_IsRefused()
    {
        await using var tier = LocalProcess.Start(["--kinesis-endpoint", "http://127.0.0.1:1", "--stream", "orders=2", "--stream", "clicks"]);
        var errors = await tier.RefusedAsync();
        Assert.Equal("--stream orders=2: nothing is created at --kinesis-endpoint without --create-streams", Assert.Single(errors));
    }
}
