namespace Orleans.Kpl.Host.Tests;

public sealed class HostMetricsTests : MetricsSuite
{
    private protected override string Service => "orleans-kpl-silo";

    private protected override ReadyProcess Start(Uri kinesis, string[] settings, params (string Name, string Value)[] environment) => SiloProcess.Start(
        ["--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl={kinesis}", .. settings],
        null, environment);
}
