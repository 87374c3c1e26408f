using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Tests;

public sealed class LocalDrainTests
{
    private static readonly string[] Paths = ["/events", "/events/confirmed", "/streams/events/records", "/streams/events/records?ack=accepted"];

    [PosixFact]
    public async Task Sigterm_UnderLoad_DeliversWhatWasAnsweredAsTaken()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await kinesis.Kinesis.CreateStreamAsync("events", 4);
        // One Kinesis record for each user record, so that the endpoint's account is one of user records.
        await using var tier = await LocalProcess.StartReadyAsync(
            "--kinesis-endpoint", kinesis.Url.AbsoluteUri, "--Kpl:AggregationEnabled=false", "--Kpl:RateLimit=100000", "--Kpl:RequestTimeout=1m");
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

    [PosixFact]
    public async Task Sigint_WithNothingToDo_StopsAtOnce()
    {
        await using var tier = await LocalProcess.StartReadyAsync();
        Assert.Equal(200, (await tier.PostAsync("/streams/events/records", """[{"partition_key":"k","payload":1},{"partition_key":"l","payload":1}]""")).Status);
        tier.Signal(Signals.Interrupt);
        var (code, output, _) = await tier.ExitAsync();
        Assert.Equal(0, code);
        Assert.Equal([tier.ReadyLine, "drained delivered=2 failed=0 backlog=0 seconds="], [output[0], output[1][..(output[1].LastIndexOf('=') + 1)]]);
    }

    [PosixFact]
    public async Task Sigterm_WhenTheDrainLimitCuts_Exits1AndCountsWhatWasCut()
    {
        using var dead = new DeadEndpoint();
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", dead.Url.AbsoluteUri, "--Kpl:DrainTimeout=300ms");
        Assert.Equal(202, (await tier.PostAsync("/streams/events/records?ack=accepted", """[{"partition_key":"k","payload":1},{"partition_key":"l","payload":1}]""")).Status);
        var waiting = tier.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""");
        await Waiting.UntilAsync(async () =>
            (await tier.Http.GetStringAsync("/health", TestContext.Current.CancellationToken)).Contains("\"outstanding_records\":3,", StringComparison.Ordinal));

        tier.Signal(Signals.Terminate);

        var (status, text) = await waiting;
        Assert.Equal(502, status);
        Assert.Contains("\"error_code\":\"Shutdown\"", text, StringComparison.Ordinal);
        var (code, output, _) = await tier.ExitAsync();
        Assert.Equal(1, code);
        Assert.StartsWith("drained delivered=0 failed=3 backlog=0 seconds=", output[1], StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task SecondCtrlC_EndsAtOnce()
    {
        using var dead = new DeadEndpoint();
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", dead.Url.AbsoluteUri, "--Kpl:DrainTimeout=5m",
            "--Kpl:StopTimeout=10m", "--Kpl:RecordTtl=1h");
        Assert.Equal(202, (await tier.PostAsync("/events", """{"partition_key":"k","payload":1}""")).Status);

        tier.Signal(Signals.Interrupt);
        await tier.LogAsync("Draining");
        tier.Signal(Signals.Terminate); // asks for what is being done already
        tier.Signal(Signals.Interrupt);

        var (code, output, _) = await tier.ExitAsync();
        Assert.Equal(130, code);
        Assert.Equal([tier.ReadyLine], output);
    }
}
