using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// From the start of a process to its first delivered record: of <c>kpl put</c> and of a console program until they have ended, of the local tier and of a
/// silo until a put over HTTP is confirmed. Each as it was built, and published with ReadyToRun; the first two as native code too. Beside them stands a
/// program that does nothing, which is what the runtime costs.
/// </summary>
/// <remarks>In turns; <c>--only jit</c>, <c>ready</c> or <c>native</c> measures some of them. Publishing takes minutes.</remarks>
internal static class StartBench
{
    /// <summary>The verb of a process that ends at once.</summary>
    public const string Nothing = "nothing";

    /// <summary>What <c>kpl put</c> may take as native code, in times of the program that does nothing.</summary>
    private const double MostTimes = 3;

    private static readonly string Stream = ShardRanges.StreamOf(4);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(null, LimitedEndpoint.Verb, "bucket:1000");
        var url = $"http://127.0.0.1:{await endpoint.ReadAsync<int>()}";
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + Stream);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "one line\n");
        using var published = new PublishedPrograms();
        try
        {
            var parts = await PartsAsync(published, arguments.Only ?? ["jit", "ready", "native"], url, file);
            var times = parts.ToDictionary(static p => p.Name, static _ => new List<double>());
            for (var run = 0; run <= (arguments.Runs ?? 9); run++)
            {
                foreach (var (name, measure) in parts)
                {
                    var milliseconds = await measure();
                    if (run > 0) // the first brings the files into memory
                        times[name].Add(milliseconds);
                }
            }

            var figures = new Figures();
            foreach (var (name, all) in times)
                figures.Add(name, Figures.Median(all));
            return Judge(figures, times.Keys);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Figures Judge(Figures figures, IEnumerable<string> names)
    {
        foreach (var name in names.Where(static n => n.StartsWith("kpl_put", StringComparison.Ordinal)).ToList())
            figures.Add(name.Replace("_ms", "_ratio", StringComparison.Ordinal), figures[name] / figures["runtime_ms"]);
        return !names.Contains("kpl_put_native_ms") || figures["kpl_put_native_ratio"] <= MostTimes
            ? figures
            : throw new BenchFailedException($"kpl put must not take more than {MostTimes} times what the runtime takes, as native code", figures);
    }

    private static async Task<List<(string Name, Func<Task<double>> Measure)>> PartsAsync(
        PublishedPrograms published, string[] ways, string url, string file)
    {
        var own = Environment.ProcessPath!;
        List<(string, Func<Task<double>>)> parts = [("runtime_ms", () => UntilItEndsAsync(own, Nothing))];
        foreach (var way in ways)
        {
            var suffix = way == "jit" ? "_ms" : $"_{way}_ms";
            async Task<string?> Find(string folder, string project, string program)
            {
                try
                {
                    return way switch
                    {
                        "jit" => BuiltProgram.PathOf(project, program),
                        "ready" => await published.PublishAsync(folder, program, "PublishReadyToRun"),
                        _ => await published.PublishAsync(folder, program, "PublishAot"),
                    };
                }
                catch (BenchMissingException missing) when (way == "native")
                {
                    Bench.Say(missing.Message);
                    return null;
                }
            }

            if (await Find("client/Cli", "Orleans.Kpl.Cli", "kpl") is { } kpl)
                parts.Add(("kpl_put" + suffix, () => UntilItEndsAsync(kpl, "put", file, "--stream", Stream, "--endpoint", url)));
            if (await Find("samples/Console", "Orleans.Kpl.Samples.Console", "Orleans.Kpl.Samples.Console") is { } console)
                parts.Add(("console" + suffix, () => UntilItEndsAsync(console, ("AWS_ENDPOINT_URL_KINESIS", url), Stream, "us-east-1", file)));
            if (way == "native")
                continue; // ASP.NET Core's and Orleans' parts of a tier cannot be compiled so
            var local = await Find("deploy/local", "Orleans.Kpl.Local", "Orleans.Kpl.Local");
            parts.Add(("local" + suffix, () => UntilConfirmedAsync(
                local!, "--http-port", "0", "--kinesis-port", "0", "--stream", Stream, "--Logging:LogLevel:Default=Error")));
            var silo = await Find("silo/Host", "Orleans.Kpl.Host", "Orleans.Kpl.Host");
            parts.Add(("silo" + suffix, () => UntilConfirmedAsync(
                silo!, "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl={url}",
                "--Logging:LogLevel:Default=Error")));
        }

        return parts;
    }

    private static Task<double> UntilItEndsAsync(string program, params string[] arguments) => UntilItEndsAsync(program, ("KPL", ""), arguments);

    private static async Task<double> UntilItEndsAsync(string program, (string Name, string Value) variable, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment[variable.Name] = variable.Value;
        WithCredentials(start);
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(began).TotalMilliseconds : throw new BenchFailedException($"{program} failed: {text}");
    }

    private static async Task<double> UntilConfirmedAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        WithCredentials(start);
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

    private static void WithCredentials(ProcessStartInfo start)
    {
        start.Environment["AWS_ACCESS_KEY_ID"] = "key";
        start.Environment["AWS_SECRET_ACCESS_KEY"] = "secret";
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
    }
}
