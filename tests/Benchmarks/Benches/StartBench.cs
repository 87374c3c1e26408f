using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// From the start of a process to its first delivered record, as it was built: of <c>kpl put</c> until it has ended, of the local tier and of a silo until a
/// put over HTTP is confirmed. Beside them stands a program that does nothing, which is what the runtime costs.
/// </summary>
internal static class StartBench
{
    /// <summary>The verb of a process that ends at once.</summary>
    public const string Nothing = "nothing";

    private static readonly string Stream = BenchStream.Of(4);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = await EndpointProcess.StartAsync("bucket:1000", processors: [.. Affinity.Processors]);
        await endpoint.BeginAsync(Stream);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "one line\n");
        try
        {
            // The first round brings the files into memory.
            return await Bench.MeasureAsync(arguments, runs: 9, async found => found
                .Add("runtime_ms", await UntilItEndsAsync(Environment.ProcessPath!, Nothing))
                .Add("kpl_put_ms", await UntilItEndsAsync(
                    BuiltProgram.PathOf("Orleans.Kpl.Cli", "kpl"), "put", file, "--stream", Stream, "--endpoint", endpoint.Url))
                .Add("local_ms", await UntilConfirmedAsync("Orleans.Kpl.Local", "--http-port", "0", "--kinesis-port", "0", "--stream", Stream))
                .Add("silo_ms", await UntilConfirmedAsync("Orleans.Kpl.Host",
                    "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl={endpoint.Url}")), warmUps: 1);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<double> UntilItEndsAsync(string program, params string[] arguments)
    {
        var start = WithCredentials(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true });
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(began).TotalMilliseconds : throw new BenchFailedException($"{program} failed: {text}");
    }

    private static async Task<double> UntilConfirmedAsync(string program, params string[] arguments)
    {
        var start = WithCredentials(new ProcessStartInfo(BuiltProgram.PathOf(program, program), [.. arguments, "--Logging:LogLevel:Default=Error"]));
        using var http = new HttpClient();
        var began = Stopwatch.GetTimestamp();
        await using var tier = BuiltProgram.Start(null, start, program);
        var ready = await tier.LineAsync(static l => l.StartsWith("ready ", StringComparison.Ordinal));
        var url = ready.Split(' ').First(static w => w.StartsWith("http=", StringComparison.Ordinal))["http=".Length..];
        using var body = new StringContent("""[{"partition_key":"k","payload":1}]""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var answer = await http.PostAsync($"{url}/streams/{Stream}/records", body);
        var text = await answer.Content.ReadAsStringAsync();
        return text.Contains("sequence_number", StringComparison.Ordinal)
            ? Stopwatch.GetElapsedTime(began).TotalMilliseconds
            : throw new BenchFailedException($"{program} answered {answer.StatusCode}: {text}");
    }

    private static ProcessStartInfo WithCredentials(ProcessStartInfo start)
    {
        start.Environment["AWS_ACCESS_KEY_ID"] = "key";
        start.Environment["AWS_SECRET_ACCESS_KEY"] = "secret";
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        return start;
    }
}
