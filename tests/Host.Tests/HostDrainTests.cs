namespace Orleans.Kpl.Host.Tests;

public sealed class HostDrainTests : DrainSuite
{
    private protected override async Task<ReadyProcess> StartAsync(Uri kinesis, params string[] settings) =>
        await SiloProcess.StartReadyAsync([$"--Kpl:Kinesis:EndpointUrl={kinesis}", .. settings]);
}
