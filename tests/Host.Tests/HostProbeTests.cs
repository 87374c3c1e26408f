using System.Text.Json;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Host.Tests;

/// <summary>What whoever watches a silo's process sees of it while it starts and while it stops.</summary>
public sealed class HostProbeTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [PosixFact]
    public async Task Start_BeforeTheSiloHasJoined_IsAliveAndSaysWhyItIsNotReady()
    {
        using var table = new DeadEndpoint();
        using var port = new HeldPort();
        var number = port.Number;
        await using var silo = SiloProcess.Start(
            [
                $"--Kpl:Http:Port={number}", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1",
                "--Kpl:Cluster:Membership=dynamodb", $"--Kpl:DynamoDb:ServiceUrl={table.Url}", "--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:9",
            ]);
        silo.Http.BaseAddress = new Uri($"http://127.0.0.1:{number}");
        await Waiting.UntilAsync(async () => await TryStatusAsync(silo) == 200);

        Assert.Equal(
            (503, """{"error_code":"NotReady","error_message":"the silo has not joined its cluster yet"}"""), await silo.GetAsync("/health/ready"));
        Assert.Equal(503, (await silo.PostAsync("/events/confirmed", Event)).Status);
        silo.Signal(Signals.Terminate);
        await silo.RefusedAsync(0);
    }

    [PosixFact]
    public async Task Sigterm_WithADrainDelay_IsNotReadyAndTakesRecordsUntilItHasPassed()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 1);
        await using var silo = await SiloProcess.StartReadyAsync(
            $"--Kpl:Kinesis:EndpointUrl={kinesis.Url}", "--Kpl:Http:DrainDelay=3s", "--Kpl:RequestTimeout=1m");

        silo.Signal(Signals.Terminate);

        await Waiting.UntilAsync(async () => (await silo.GetAsync("/health/ready")).Status == 503);
        var (status, _) = await silo.PostAsync("/events/confirmed", Event);
        var (code, output, _) = await silo.ExitAsync();
        Assert.Equal((200, 0), (status, code));
        Assert.StartsWith("drained delivered=1 failed=0 backlog=0 seconds=", output[1], StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task Log_AsJson_IsALineOfJsonWithADate()
    {
        using var dead = new DeadEndpoint();
        await using var silo = await SiloProcess.StartReadyAsync(
            $"--Kpl:Kinesis:EndpointUrl={dead.Url}", "--Logging:Console:FormatterName=json", "--Kpl:CheckAtStart=Off");
        silo.Signal(Signals.Terminate);
        var (_, _, log) = await silo.ExitAsync();

        var lines = log.Select(static l => JsonDocument.Parse(l).RootElement).ToList();
        var draining = lines.Single(static l => l.GetProperty("Message").GetString() == "Draining");
        Assert.Equal(TimeSpan.Zero, draining.GetProperty("Timestamp").GetDateTimeOffset().Offset);
    }

    [Fact]
    public async Task Log_InAFormThatIsNot_NamesThoseThatAreAndExits2()
    {
        await using var process = SiloProcess.Start(
            ["--Logging:Console:FormatterName=jason", "--Kpl:Http:Prt=1", "--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:9"]);
        var (code, _, errors) = await process.ExitAsync();
        Assert.Equal(2, code);
        Assert.Contains("Logging:Console:FormatterName is 'jason': expected is one of: simple, json, systemd", errors);
        Assert.Equal(2, errors.Count);
    }

    [Fact]
    public async Task Start_WhereRecordsMayDrainLongerThanTheStop_SaysSoAndExits2()
    {
        await using var process = SiloProcess.Start(["--Kpl:DrainTimeout=2m"]);
        var (code, _, errors) = await process.ExitAsync();
        Assert.Equal(2, code);
        Assert.Equal(["Kpl:DrainTimeout is '2m', longer than StopTimeout, which is '90s': the process would be gone before"], errors);
    }

    private static async Task<int> TryStatusAsync(SiloProcess silo)
    {
        try
        {
            return (await silo.GetAsync("/health/live")).Status;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
