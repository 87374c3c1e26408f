using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Host.Tests;

public sealed class HostDrainTests
{
    private const string Two = """[{"partition_key":"k","payload":1},{"partition_key":"l","payload":1}]""";

    [PosixFact]
    public async Task Sigterm_UnderLoad_DeliversWhatWasAnsweredAsTaken()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await kinesis.Kinesis.CreateStreamAsync("events", 4);
        // One Kinesis record for each user record, so that the endpoint's account is one of user records.
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={kinesis.Url}", "--Kpl:AggregationEnabled=false",
            "--Kpl:RateLimit=100000", "--Kpl:RequestTimeout=1m");
        var load = new TakenLoad(clients: 4, enough: 200, async (key, i) => (await silo.PostAsync(
            $"/streams/events/records?ack={(i % 2 == 0 ? "accepted" : "delivered")}", $$"""[{"partition_key":"{{key}}","payload":"{{key}}"}]""")).Status);
        await load.LoadedAsync();

        silo.Signal(Signals.Terminate);
        var taken = await load.EndAsync();
        var (code, output, _) = await silo.ExitAsync();

        Assert.Equal(0, code);
        Assert.Equal(2, output.Count);
        var drained = DrainLine.Parse(output[1]);
        var applied = kinesis.Kinesis.GetApplied("events").Select(r => r.PartitionKey).ToList();
        Assert.Empty(taken.Except(applied));
        Assert.Equal(new DrainLine(applied.Count, Failed: 0, Backlog: 0), drained);
    }

    [PosixFact]
    public async Task Sigterm_WhileRecordsAreLeft_IsAliveNotReadyAndRefusesMore()
    {
        using var dead = new DeadEndpoint();
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={dead.Url}", "--Kpl:DrainTimeout=5m",
            "--Kpl:StopTimeout=10m", "--Kpl:RecordTtl=1h");
        Assert.Equal(202, (await silo.PostAsync("/streams/events/records?ack=accepted", Two)).Status);

        silo.Signal(Signals.Terminate);
        await silo.LogAsync("Draining");

        await Waiting.UntilAsync(async () => (await silo.GetAsync("/health/ready")).Status == 503);
        Assert.Equal((200, """{"ok":true}"""), await silo.GetAsync("/health/live"));
        var (status, text) = await silo.PostAsync("/streams/events/records", Two);
        Assert.Equal(503, status);
        Assert.Contains("\"error_code\":\"Draining\"", text, StringComparison.Ordinal);

        // A second Ctrl-C, and only that, does not wait.
        silo.Signal(Signals.Interrupt);
        var (code, output, _) = await silo.ExitAsync();
        Assert.Equal(130, code);
        Assert.Equal([silo.ReadyLine], output);
    }

    [PosixFact]
    public async Task Sigterm_WhenTheDrainLimitCuts_Exits1AndCountsWhatWasCut()
    {
        using var dead = new DeadEndpoint();
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={dead.Url}", "--Kpl:DrainTimeout=300ms");
        Assert.Equal(202, (await silo.PostAsync("/streams/events/records?ack=accepted", Two)).Status);

        silo.Signal(Signals.Terminate);

        var (code, output, _) = await silo.ExitAsync();
        Assert.Equal(1, code);
        Assert.StartsWith("drained delivered=0 failed=2 backlog=0 seconds=", output[1], StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task Sigint_WithNothingToDo_StopsAtOnce()
    {
        using var dead = new DeadEndpoint();
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={dead.Url}");
        silo.Signal(Signals.Interrupt);
        var (code, output, _) = await silo.ExitAsync();
        Assert.Equal(0, code);
        Assert.StartsWith("drained delivered=0 failed=0 backlog=0 seconds=", output[1], StringComparison.Ordinal);
    }
}
