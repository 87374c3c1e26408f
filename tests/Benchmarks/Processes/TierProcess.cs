using System.Net;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>A silo, or a local tier, on free ports, against an endpoint on this machine.</summary>
internal sealed class TierProcess : IAsyncDisposable
{
    private static readonly string[] Settings = ["--Kpl:CheckAtStart=Off", "--Logging:LogLevel:Default=Error"];

    private readonly BuiltProgram _program;
    private readonly Dictionary<string, string> _ready;

    private TierProcess(BuiltProgram program, string ready)
    {
        _program = program;
        _ready = ready.Split(' ')[1..].Select(static part => part.Split('=', 2)).ToDictionary(static part => part[0], static part => part[1]);
    }

    /// <summary>Where it takes records and administration over HTTP.</summary>
    public string Url => _ready["http"];

    /// <summary>Of a silo: the port where other silos reach it.</summary>
    public int SiloPort => IPEndPoint.Parse(_ready["silo"]).Port;

    /// <summary>Of a silo: the port where clients reach it.</summary>
    public int GatewayPort => IPEndPoint.Parse(_ready["gateway"]).Port;

    /// <summary>User and system time of the process.</summary>
    public TimeSpan CpuTime => _program.CpuTime;

    /// <summary>Starts a silo, and waits until it is ready.</summary>
    public static Task<TierProcess> StartSiloAsync(int[]? processors, int kinesisPort, params IEnumerable<string> settings) => StartAsync(BuiltProgram.Start(
        processors, "Orleans.Kpl.Host", "Orleans.Kpl.Host",
        [
            "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:{kinesisPort}",
            .. Settings, .. settings,
        ]));

    /// <summary>Starts a local tier that limits nothing, and waits until it is ready.</summary>
    public static Task<TierProcess> StartLocalAsync(int[]? processors, int kinesisPort, string stream) => StartAsync(BuiltProgram.Start(
        processors, "Orleans.Kpl.Local", "Orleans.Kpl.Local",
        ["--kinesis-endpoint", $"http://127.0.0.1:{kinesisPort}", "--http-port", "0", "--stream", stream, "--Kpl:RateLimit=1000000000", .. Settings]));

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static async Task<TierProcess> StartAsync(BuiltProgram program) =>
        new(program, await program.LineAsync(static l => l.StartsWith("ready ", StringComparison.Ordinal)));
}
