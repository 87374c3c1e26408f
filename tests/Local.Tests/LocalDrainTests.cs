namespace Orleans.Kpl.Local.Tests;

public sealed class LocalDrainTests : Host.Tests.DrainSuite
{
    private protected override async Task<ReadyProcess> StartAsync(Uri kinesis, params string[] settings) =>
        await LocalProcess.StartReadyAsync(["--kinesis-endpoint", kinesis.AbsoluteUri, .. settings]);
}
