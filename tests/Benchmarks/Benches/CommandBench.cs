using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What <c>kpl bench</c> shows of the library: records per second of its processor time, to those of <c>endtoend</c>, which puts the same load without
/// keeping anything for people. In turns against one endpoint, each process on the producer's processor.
/// </summary>
internal static class CommandBench
{
    private const int Runs = 3;

    // Until tiered code has settled, both measure the compiler; kpl has no run before the one that counts.
    private const int Records = 24_000_000;

    private const double Least = 0.85;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var url = $"http://127.0.0.1:{await endpoint.ReadAsync<int>()}/";
        await using var producer = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, url);
        List<double> command = [], own = [], library = [];
        for (var run = 0; run <= (arguments.Runs ?? Runs); run++)
        {
            var (result, _) = await EndToEndBench.MeasureAsync(endpoint, producer, "library", new LoadSpec("batch", 100, 64, Records));
            // The first one warms up.
            if (run == 0)
                continue;
            library.Add(result.RecordsPerCpuSecond);
            var told = await RunCommandAsync(endpoint, url);
            command.Add(Records / told.GetProperty("cpu_seconds").GetDouble());
            own.Add(told.GetProperty("own_cpu_ratio").GetDouble());
            Bench.Say($"run {run}: library {library[^1]:N0}, kpl bench {command[^1]:N0} records per CPU second");
        }

        var ratio = Figures.Median(command.Zip(library, static (c, l) => c / l));
        var figures = new Figures().Add("kpl_bench_per_cpu_second", Figures.Median(command)).Add("library_per_cpu_second", Figures.Median(library))
            .Add("ratio", ratio).Add("own_cpu_ratio", Figures.Median(own));
        return ratio >= Least ? figures : throw new BenchFailedException($"kpl bench reaches {ratio:0.00} of the library, not {Least}", figures);
    }

    private static async Task<JsonElement> RunCommandAsync(ChildProcess endpoint, string url)
    {
        await endpoint.AskAsync<bool>("reset");
        var start = new ProcessStartInfo(BuiltProgram.PathOf("Orleans.Kpl.Cli", "kpl"));
        (string, string)[] environment =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "bench"), ("AWS_SECRET_ACCESS_KEY", "bench"), ("Kpl__RateLimit", $"{BenchProducer.NoLimit}")];
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        await using var kpl = BuiltProgram.Start(
            Affinity.ProducerProcessors, start, "kpl bench", "bench", "--json", "--stream", ShardRanges.StreamOf(64), "--endpoint", url, "--size", "100",
            "--records", Records.ToString(CultureInfo.InvariantCulture));
        var told = JsonDocument.Parse(await kpl.LineAsync(static l => l.StartsWith('{'))).RootElement;
        var report = await endpoint.AskAsync<EndpointReport>("report");
        return report is { Records: Records, BadTrailers: 0, StrayMembers: 0 } && told.GetProperty("failed").GetInt64() == 0
            ? told
            : throw new BenchFailedException($"kpl bench was not delivered as put: {told}; {report}");
    }
}
