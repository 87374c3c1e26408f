using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Host.Tests;

/// <summary>What a tier's process does when it is asked to stop: a silo and the local tier alike.</summary>
public abstract class DrainSuite
{
    private const string Event = """{"partition_key":"k","payload":1}""";
    private static readonly string[] Paths = ["/events", "/events/confirmed", "/streams/events/records", "/streams/events/records?ack=accepted"];

    [PosixFact]
    public async Task Sigterm_UnderLoad_DeliversWhatWasAnsweredAsTaken()
    {
        await using var kinesis = await StartKinesisAsync();
        // One Kinesis record for each user record, so that the endpoint's account is one of user records.
        await using var tier = await StartAsync(kinesis.Url, "--Kpl:AggregationEnabled=false", "--Kpl:RateLimit=100000", "--Kpl:RequestTimeout=1m");
        var load = new TakenLoad(clients: 8, enough: 400, async (key, i) =>
        {
            var record = $$"""{"partition_key":"{{key}}","payload":"{{key}}"}""";
            var path = Paths[i % Paths.Length];
            return (await tier.PostAsync(path, path.StartsWith("/streams", StringComparison.Ordinal) ? $"[{record}]" : record)).Status;
        });
        await load.LoadedAsync();

        tier.Signal(Signals.Terminate);
        var taken = await load.EndAsync();
        var (code, output, _) = await tier.ExitAsync();

        Assert.Equal(0, code);
        Assert.Equal(2, output.Count);
        var drained = DrainLine.Parse(output[1]);
        var applied = kinesis.Kinesis.GetApplied("events").Select(r => r.PartitionKey).ToList();
        Assert.Empty(taken.Except(applied));
        Assert.Equal(new DrainLine(applied.Count, Failed: 0, Backlog: 0), drained);
        Assert.True(load.Refused <= 8);
    }

    /// <summary>The signal comes twice, as <c>timeout</c> sends it: to the process, and to its group. The second one cut the drain off.</summary>
    [PosixFact]
    public async Task Sigint_WithNothingToDo_StopsAtOnce()
    {
        await using var kinesis = await StartKinesisAsync();
        await using var tier = await StartAsync(kinesis.Url);
        Assert.Equal(200, (await tier.PostAsync("/streams/events/records", $"[{Event},{Event}]")).Status);
        tier.Signal(Signals.Interrupt);
        tier.Signal(Signals.Interrupt);
        var (code, output, _) = await tier.ExitAsync();
        Assert.Equal(0, code);
        Assert.Equal(tier.ReadyLine, output[0]);
        Assert.Equal(new DrainLine(Delivered: 2, Failed: 0, Backlog: 0), DrainLine.Parse(output[1]));
    }

    [PosixFact]
    public async Task Sigterm_WhenTheDrainLimitCuts_Exits1AndCountsWhatWasCut()
    {
        using var dead = new DeadEndpoint();
        await using var tier = await StartAsync(dead.Url, "--Kpl:DrainTimeout=300ms");
        Assert.Equal(202, (await tier.PostAsync("/streams/events/records?ack=accepted", $"[{Event},{Event}]")).Status);
        var waiting = tier.PostAsync("/events/confirmed", Event);
        await Waiting.UntilAsync(async () =>
            (await tier.Http.GetStringAsync("/health", TestContext.Current.CancellationToken)).Contains("\"outstanding_records\":3,", StringComparison.Ordinal));

        tier.Signal(Signals.Terminate);

        var (status, text) = await waiting;
        Assert.Equal(502, status);
        Assert.Contains("\"error_code\":\"Shutdown\"", text, StringComparison.Ordinal);
        var (code, output, _) = await tier.ExitAsync();
        Assert.Equal(1, code);
        Assert.Equal(new DrainLine(Delivered: 0, Failed: 3, Backlog: 0), DrainLine.Parse(output[1]));
    }

    [PosixFact]
    public async Task Sigint_WhileRecordsAreLeft_IsAliveNotReadyAndRefusesMore_AndASecondOneEndsAtOnce()
    {
        using var dead = new DeadEndpoint();
        await using var tier = await StartAsync(dead.Url, "--Kpl:DrainTimeout=5m", "--Kpl:StopTimeout=10m", "--Kpl:RecordTtl=1h");
        Assert.Equal(202, (await tier.PostAsync("/events", Event)).Status);

        tier.Signal(Signals.Interrupt);
        await tier.LogAsync("Draining");

        await Waiting.UntilAsync(async () =>
        {
            using var ready = await tier.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            return (int)ready.StatusCode == 503;
        });
        Assert.Equal("""{"ok":true}""", await tier.Http.GetStringAsync("/health/live", TestContext.Current.CancellationToken));
        var (status, text) = await tier.PostAsync("/events", Event);
        Assert.Equal(503, status);
        Assert.Contains("\"error_code\":\"Draining\"", text, StringComparison.Ordinal);

        // Within a moment of the first one they would be that one.
        await Task.Delay(TimeSpan.FromSeconds(0.3), TestContext.Current.CancellationToken);
        tier.Signal(Signals.Terminate); // asks for what is being done already
        tier.Signal(Signals.Interrupt);
        var (code, output, log) = await tier.ExitAsync();
        Assert.Equal(130, code);
        Assert.Equal([tier.ReadyLine], output);
        Assert.EndsWith("Ended at once by a second Ctrl-C; records without an outcome: 1, of which some may still arrive", log[^1], StringComparison.Ordinal);
    }

    /// <summary>Starts a tier that sends to an endpoint, and waits until it is ready.</summary>
    private protected abstract Task<ReadyProcess> StartAsync(Uri kinesis, params string[] settings);

    private static async Task<LocalKinesisServer> StartKinesisAsync()
    {
        var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await kinesis.Kinesis.CreateStreamAsync("events", 4);
        return kinesis;
    }
}
