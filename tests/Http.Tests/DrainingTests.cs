using System.Text.Json;

namespace Orleans.Kpl.Http.Tests;

public sealed class DrainingTests : HttpServerTest
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Fact]
    public async Task Close_RefusesNewRequestsAndLetsThoseInsideFinish()
    {
        await using var server = await HttpServer.StartAsync(o => o.RetryAfter = TimeSpan.FromSeconds(2.5));
        var delivery = new TaskCompletionSource();
        server.Producer.Released = delivery.Task;
        var inside = server.PostAsync("/streams/s/records", $"[{Event}]");
        await server.Producer.ArrivalAsync();
        Assert.Equal(1, server.Gate.InFlight);

        server.Gate.Close();
        foreach (var path in new[] { "/events", "/events/confirmed", "/streams/s/records" })
        {
            var refused = await server.PostAsync(path, Event);
            Assert.Equal((503, "Draining", "3"), (refused.Status, refused.Code, refused.RetryAfter));
        }
        Assert.True(server.Gate.IsDraining);
        Assert.Equal(1, server.Gate.InFlight);
        Assert.False(server.Gate.Empty.IsCompleted);

        delivery.SetResult();
        Assert.Equal(200, (await inside).Status);
        await server.Gate.Empty;
        Assert.Equal(0, server.Gate.InFlight);
    }

    [Fact]
    public async Task Close_WhenNobodyIsInside_IsEmptyAtOnce()
    {
        Assert.Equal(202, (await Server.PostAsync("/events", Event)).Status);
        Server.Gate.Close();
        Server.Gate.Close();
        await Server.Gate.Empty;
    }

    [Fact]
    public async Task Dispose_WhileARequestWaitsForRoom_AnswersItWith503()
    {
        var memory = new TaskCompletionSource();
        Server.Producer.Room = memory.Task;
        var waiting = Server.PostAsync("/events/confirmed", Event);
        await Server.Producer.ArrivalAsync();

        Server.Gate.Close();
        await Server.Producer.DisposeAsync();
        memory.SetResult();

        var answer = await waiting;
        Assert.Equal((503, "Draining", "1"), (answer.Status, answer.Code, answer.RetryAfter));
    }

    [Fact]
    public async Task Health_WhileDraining_IsAliveButNotReady()
    {
        Assert.Equal(200, (await Server.GetAsync("/health/ready")).Status);

        Server.Gate.Close();

        Assert.Equal(200, (await Server.GetAsync("/health")).Status);
        Assert.Equal(200, (await Server.GetAsync("/health/live")).Status);
        var ready = await Server.GetAsync("/health/ready");
        Assert.Equal((503, "Draining", "1"), (ready.Status, ready.Code, ready.RetryAfter));
    }

    [Fact]
    public async Task Health_SaysWhatIsOutstanding()
    {
        Server.Producer.OutstandingRecords = 12_345_678_901;
        Server.Producer.OldestRecordAge = TimeSpan.FromMilliseconds(1_234.5678);
        Assert.Equal(
            """{"ok":true,"outstanding_records":12345678901,"backlog_records":0,"degraded":false,"degraded_since":null,"degraded_code":null,"oldest_record_age_seconds":1.235,"set_aside_records":0,"failures":null,"condition":{"severity":"well","code":"Well","sentence":"All is well.","since":null}}""",
            (await Server.GetAsync("/health")).Text);
        Assert.Equal("""{"ok":true}""", (await Server.GetAsync("/health/live")).Text);
        Assert.Equal("""{"ok":true}""", (await Server.GetAsync("/health/ready")).Text);
    }

    [Fact]
    public async Task Health_AfterRecordsFailed_SaysWhichAndUntilWhen_AndIsReady()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Server.Producer.OwnHealth = new KplHealth
        {
            Failures = new LatestFailures { Code = "Odd", Streams = ["clicks"], Count = 3, FirstAt = at, LastAt = DateTimeOffset.MaxValue.AddDays(-1) },
        };
        var health = JsonDocument.Parse((await Server.GetAsync("/health")).Text).RootElement;
        Assert.False(health.GetProperty("ok").GetBoolean());
        Assert.Equal("RecordsFailing", health.GetProperty("condition").GetProperty("code").GetString());
        Assert.StartsWith("3 records of clicks ended with Odd since ", health.GetProperty("condition").GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(
            """{"code":"Odd","streams":["clicks"],"count":3,"first_at":"2026-01-02T03:04:05+00:00","last_at":""", health.GetProperty("failures").GetRawText(),
            StringComparison.Ordinal);
        Assert.Equal((200, """{"ok":true}"""), ((await Server.GetAsync("/health/ready")).Status, (await Server.GetAsync("/health/ready")).Text));
    }

    /// <summary>
    /// A default stream that is missing loses every record: that was told as a name that somebody may have misspelt in a request. And all was well again five
    /// minutes after the last record had failed, though nothing had changed.
    /// </summary>
    [Theory]
    [InlineData("evnets", false)]
    [InlineData("clikcs", true)]
    public async Task Health_WhereAStreamIsMissingThatTheSettingsName_IsBad_WithRecordsAndWithout(string missing, bool isOk)
    {
        await using var server = await HttpServer.StartAsync(static o => o.DefaultStream = "evnets");
        server.Producer.OwnHealth = new KplHealth
        {
            Failures = new LatestFailures
            {
                Code = RecordErrorCodes.ResourceNotFound, Streams = [missing], Count = 3, FirstAt = DateTimeOffset.UnixEpoch,
                LastAt = DateTimeOffset.MaxValue.AddDays(-1), AreOfStrangers = true,
            },
        };
        Assert.Equal(isOk, JsonDocument.Parse((await server.GetAsync("/health")).Text).RootElement.GetProperty("ok").GetBoolean());

        server.Producer.OwnHealth = new KplHealth { MissingStreams = [missing] };
        var health = JsonDocument.Parse((await server.GetAsync("/health")).Text).RootElement;
        Assert.Equal((isOk, !isOk), (health.GetProperty("ok").GetBoolean(), health.TryGetProperty("missing_streams", out _)));
        var sentence = health.GetProperty("condition").GetProperty("sentence").GetString();
        Assert.StartsWith(isOk ? "All is well." : "Stream evnets does not exist in this account and region: ", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_WhileKinesisIsAway_IsReadyAndSaysThatItIsDegraded()
    {
        Server.Producer.OwnHealth = new KplHealth
        {
            DegradedSince = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), DegradedCode = RecordErrorCodes.ConnectionFailed,
        };
        Assert.Equal(
            """{"ok":false,"outstanding_records":0,"backlog_records":0,"degraded":true,"degraded_since":"2026-01-02T03:04:05+00:00","degraded_code":"ConnectionFailed","oldest_record_age_seconds":null,"set_aside_records":0,"failures":null,"condition":{"severity":"bad","code":"KinesisAway","sentence":"Kinesis is away since 2026-01-02 03:04 UTC (ConnectionFailed): check that something listens at the endpoint (Kpl:Kinesis:EndpointUrl), then DNS, security groups, the VPC endpoint and proxies.","since":"2026-01-02T03:04:05+00:00"}}""",
            (await Server.GetAsync("/health")).Text);
        var ready = await Server.GetAsync("/health/ready");
        Assert.Equal((200, """{"ok":true,"degraded":true}"""), (ready.Status, ready.Text));
        Assert.Equal("""{"ok":true}""", (await Server.GetAsync("/health/live")).Text);
    }
}
