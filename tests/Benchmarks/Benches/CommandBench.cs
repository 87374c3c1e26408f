using System.Diagnostics;
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

    // The library's first run settles its code; kpl, a new process each time, gets ten seconds of its own run for that.
    private const int Records = 24_000_000;

    private const int WarmUpSeconds = 10;

    private const double Least = 0.85;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = await EndpointProcess.StartAsync();
        await using var producer = LoadProcess.Start(endpoint);
        var load = new LoadSpec("batch", 100, 64, Records);
        // The first run of the library warms up.
        await LoadProcess.MeasureAsync(endpoint, producer, load);
        var figures = await Bench.MeasureAsync(arguments, Runs, async found =>
        {
            var library = (await LoadProcess.MeasureAsync(endpoint, producer, load)).RecordsPerCpuSecond;
            var told = await RunCommandAsync(endpoint);
            var measured = told.GetProperty("records_per_second").GetDouble() * told.GetProperty("seconds").GetDouble();
            var command = measured / told.GetProperty("cpu_seconds").GetDouble();
            found.Add("kpl_bench_per_cpu_second", command).Add("library_per_cpu_second", library).Add("ratio", command / library)
                .Add("own_cpu_ratio", told.GetProperty("own_cpu_ratio").GetDouble());
        });
        return figures.Hold("ratio", Least);
    }

    private static async Task<JsonElement> RunCommandAsync(EndpointProcess endpoint)
    {
        var stream = BenchStream.Of(64);
        await endpoint.BeginAsync(stream);
        var start = new ProcessStartInfo(BuiltProgram.PathOf("Orleans.Kpl.Cli", "kpl"));
        (string, string)[] environment =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "bench"), ("AWS_SECRET_ACCESS_KEY", "bench"), ("Kpl__RateLimit", $"{BenchProducer.NoLimit}")];
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        await using var kpl = BuiltProgram.Start(
            Affinity.ProducerProcessors, start, "kpl bench", "bench", "--json", "--stream", stream, "--endpoint", endpoint.Url, "--size", "100",
            "--records", $"{Records}", "--warm-up", $"{WarmUpSeconds}");
        var told = JsonDocument.Parse(await kpl.LineAsync(static l => l.StartsWith('{'))).RootElement;
        (await endpoint.ReportAsync(stream)).Expect(Records);
        return told.GetProperty("failed").GetInt64() == 0 ? told : throw new BenchFailedException($"kpl bench was not delivered as put: {told}");
    }
}
