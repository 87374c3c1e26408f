using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>A silo of the tier.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private readonly BuiltProgram _program;
    private readonly string? _pauseFile;

    private Silo(BuiltProgram program, string ready, string? pauseFile)
    {
        (_program, _pauseFile) = (program, pauseFile);
        var told = ready.Split(' ')[1..].Select(static part => part.Split('=', 2)).ToDictionary(static part => part[0], static part => part[1]);
        Url = new Uri(told["http"]);
        Address = IPEndPoint.Parse(told["silo"]);
        GatewayPort = IPEndPoint.Parse(told["gateway"]).Port;
    }

    /// <summary>Where it takes records and administration over HTTP.</summary>
    public Uri Url { get; }

    /// <summary>Where other silos reach it.</summary>
    public IPEndPoint Address { get; }

    public int GatewayPort { get; }

    /// <summary>The number of its process.</summary>
    public int ProcessId => _program.Id;

    /// <summary>User and system time of the process.</summary>
    public TimeSpan CpuTime => _program.CpuTime;

    /// <summary>The longest pause of its garbage collector since it started, in milliseconds, as a watched silo tells it itself.</summary>
    public double LongestPause => double.Parse(File.ReadAllText(_pauseFile!), CultureInfo.InvariantCulture);

    /// <summary>Starts one on free ports, against an endpoint on this machine, and waits until it is ready.</summary>
    public static Task<Silo> StartAsync(int[]? processors, int kinesisPort, params IEnumerable<string> settings) =>
        StartAsync(processors, kinesisPort, null, settings);

    /// <summary>The same, with a watch on its garbage collector.</summary>
    public static Task<Silo> StartWatchedAsync(int[]? processors, int kinesisPort) =>
        StartAsync(processors, kinesisPort, Path.Combine(Path.GetTempPath(), $"kpl-bench-pauses-{Guid.NewGuid():N}"), []);

    private static async Task<Silo> StartAsync(int[]? processors, int kinesisPort, string? pauseFile, IEnumerable<string> settings)
    {
        var start = new ProcessStartInfo(BuiltProgram.PathOf("Orleans.Kpl.Host", "Orleans.Kpl.Host"));
        if (pauseFile is not null)
        {
            start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(Silo).Assembly.Location;
            start.Environment[StartupHook.FileVariable] = pauseFile;
        }

        var program = BuiltProgram.Start(
            processors, start, "Orleans.Kpl.Host",
            [
                "--Kpl:CheckAtStart=Off",
                "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:{kinesisPort}",
                "--Logging:LogLevel:Default=Error", .. settings,
            ]);
        var ready = await program.LineAsync(static l => l.StartsWith("ready ", StringComparison.Ordinal));
        return new Silo(program, ready, pauseFile);
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        if (_pauseFile is null)
            return;
        File.Delete(_pauseFile);
        File.Delete($"{_pauseFile}.new");
    }
}
