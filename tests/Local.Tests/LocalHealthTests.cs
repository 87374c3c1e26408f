using System.Text.Json;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests;

/// <summary>What the tier's probes say while its Kinesis comes and goes, and what it says of it at its start.</summary>
public sealed class LocalHealthTests
{
    [Fact]
    public async Task Health_WhileKinesisIsAway_TellsSinceWhenAndTheTierStaysReady()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new() { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 1);
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", kinesis.Url.AbsoluteUri);
        Assert.Equal(200, (await tier.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""")).Status);
        Assert.False((await tier.GetAsync("/health")).GetProperty("degraded").GetBoolean());

        var outage = kinesis.Kinesis.Faults.Add(new OutageFault());
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        var put = tier.PostAsync("/events/confirmed", """{"partition_key":"k","payload":2}""");
        await Waiting.UntilAsync(async () => (await tier.GetAsync("/health")).GetProperty("degraded").GetBoolean());
        var health = await tier.GetAsync("/health");
        Assert.False(health.GetProperty("ok").GetBoolean());
        Assert.StartsWith("Connection", health.GetProperty("degraded_code").GetString(), StringComparison.Ordinal);
        Assert.InRange(health.GetProperty("degraded_since").GetDateTimeOffset(), before, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.True(health.GetProperty("oldest_record_age_seconds").GetDouble() > 0);
        Assert.Equal("""{"ok":true,"degraded":true}""", await tier.Http.GetStringAsync("/health/ready", TestContext.Current.CancellationToken));

        kinesis.Kinesis.Faults.Remove(outage);
        Assert.Equal(200, (await put).Status);
        // The call is judged whole after the caller has its outcome.
        await Waiting.UntilAsync(async () => !(health = await tier.GetAsync("/health")).GetProperty("degraded").GetBoolean());
        Assert.All(
            ["degraded_since", "degraded_code", "oldest_record_age_seconds"],
            (string name) => Assert.Equal(JsonValueKind.Null, health.GetProperty(name).ValueKind));
        Assert.Equal("""{"ok":true}""", await tier.Http.GetStringAsync("/health/ready", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Start_WithoutAKinesis_IsReadyAndWarnsOnce()
    {
        using var dead = new DeadEndpoint();
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", dead.Url.AbsoluteUri);
        var line = await tier.LogAsync("Check at start");
        Assert.Contains("failed       endpoint: ", line, StringComparison.Ordinal);
        Assert.Contains("To do: start what should listen there", line, StringComparison.Ordinal);
        JsonElement health = default;
        await Waiting.UntilAsync(async () => (health = await tier.GetAsync("/health")).GetProperty("degraded").GetBoolean());
        Assert.Equal("KinesisAway", health.GetProperty("condition").GetProperty("code").GetString());
        Assert.False(health.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Start_WithCheckAtStartFail_AndNoKinesis_Exits3WithTheReason()
    {
        using var dead = new DeadEndpoint();
        await using var tier = LocalProcess.Start(["--http-port", "0", "--kinesis-endpoint", dead.Url.AbsoluteUri, "--Kpl:CheckAtStart=Fail"]);
        var errors = await tier.RefusedAsync(3);
        Assert.Contains(errors, e => e.StartsWith("failed       endpoint: ", StringComparison.Ordinal));
    }

    /// <summary>It waited for the end of the check, and ended with what that had found.</summary>
    [PosixFact]
    public async Task Start_StoppedWhileKinesisIsWaitedFor_EndsAtOnce_AndIsNoFailure()
    {
        using var silent = new SilentEndpoint();
        await using var tier = LocalProcess.Start(["--http-port", "0", "--kinesis-endpoint", silent.Url.AbsoluteUri, "--Kpl:CheckAtStart=Fail"]);
        await Waiting.UntilAsync(() => silent.WasCalled);
        tier.Signal(Signals.Terminate);
        Assert.Equal("Stopped before the tier was ready", (await tier.RefusedAsync(0))[^1]);
    }

    [Fact]
    public async Task Start_WithItsOwnKinesis_PassesItsCheck()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=2", "--Kpl:CheckAtStart=Fail");
        Assert.Contains("events: 2 shards take", await tier.LogAsync("Check at start passed"), StringComparison.Ordinal);
    }
}
