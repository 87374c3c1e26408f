using System.Text.Json;

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
