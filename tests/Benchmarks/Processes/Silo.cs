using System.Globalization;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>A silo of the tier.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private readonly BuiltProgram _program;

    private Silo(BuiltProgram program, int gatewayPort) => (_program, GatewayPort) = (program, gatewayPort);

    public int GatewayPort { get; }

    /// <summary>Starts one on free ports, against an endpoint on this machine, and waits until it is ready.</summary>
    public static async Task<Silo> StartAsync(int[]? processors, int kinesisPort, params IEnumerable<string> settings)
    {
        var program = BuiltProgram.Start(
            processors, "Orleans.Kpl.Host", "Orleans.Kpl.Host",
            [
                "--Kpl:CheckAtStart=Off",
                "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:{kinesisPort}",
                "--Logging:LogLevel:Default=Error", .. settings,
            ]);
        var ready = await program.LineAsync(static l => l.StartsWith("ready ", StringComparison.Ordinal));
        return new Silo(program, int.Parse(ready[(ready.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();
}
