using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Records per second of the producer process's processor time, user and system: signed requests over loopback, every result
/// looked at, the endpoint on another processor. A plain PutRecords loop runs in between, against the same endpoint.
/// </summary>
internal static class EndToEndBench
{
    private const int Runs = 5;

    private static readonly (string Name, LoadSpec Load)[] Variants =
    [
        ("records_per_cpu_second_100", new LoadSpec("batch", 100, 64, 4_000_000)),
        ("records_per_cpu_second_100_platform", new LoadSpec("batch-platform", 100, 64, 4_000_000)),
        ("records_per_cpu_second_100_cbor", new LoadSpec("batch-cbor", 100, 64, 4_000_000)),
        ("records_per_cpu_second_100_numbers", new LoadSpec("batch-numbers", 100, 64, 4_000_000)),
        ("records_per_cpu_second_1024", new LoadSpec("batch", 1024, 64, 800_000)),
        ("records_per_cpu_second_1024_platform", new LoadSpec("batch-platform", 1024, 64, 800_000)),
        ("records_per_cpu_second_1024_cbor", new LoadSpec("batch-cbor", 1024, 64, 800_000)),
        ("records_per_cpu_second_100_4_shards", new LoadSpec("batch", 100, 4, 4_000_000)),
        ("records_per_cpu_second_100_1024_shards", new LoadSpec("batch", 100, 1024, 4_000_000)),
        ("single_per_cpu_second", new LoadSpec("single", 100, 64, 2_000_000)),
        ("plain_per_cpu_second_100", new LoadSpec("plain", 100, 64, 1_000_000)),
        ("plain_per_cpu_second_1024", new LoadSpec("plain", 1024, 64, 400_000)),
    ];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        if (arguments.Tls)
            return await TlsBench.RunAsync(arguments);
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        // The plain loop has a process of its own, so that neither warms nor burdens the other.
        await using var producer = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{port}/");
        await using var peer = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{port}/");

        var variants = Variants.Where(v => arguments.Only is null || arguments.Only.Contains(v.Name)).ToArray();
        var measured = variants.ToDictionary(v => v.Name, _ => new List<LoadResult>());
        for (var round = 0; round <= (arguments.Runs ?? Runs); round++)
        {
            foreach (var (name, load) in variants)
            {
                var (result, _) = await MeasureAsync(endpoint, load.Kind == "plain" ? peer : producer, name, load);
                // The first round warms up.
                if (round > 0)
                    measured[name].Add(result);
                Bench.Say($"{(round == 0 ? "warm-up" : $"run {round}")} {name}: {result.RecordsPerCpuSecond:N0} per CPU second, {result.Records / result.Seconds:N0}/s, {(double)result.AllocatedBytes / result.Records:N2} bytes allocated per record");
            }
        }

        var figures = new Figures();
        var medians = measured.ToDictionary(m => m.Key, m => Figures.Median(m.Value.Select(r => r.RecordsPerCpuSecond)));
        foreach (var (name, _) in variants)
            figures.Add(name, medians[name]);
        foreach (var size in (int[])[100, 1024])
        {
            AddRatio($"ratio_cbor_to_json_{size}", $"records_per_cpu_second_{size}_cbor", $"records_per_cpu_second_{size}");
            AddRatio($"ratio_to_platform_{size}", $"records_per_cpu_second_{size}", $"records_per_cpu_second_{size}_platform");
            AddRatio($"ratio_to_plain_{size}", $"records_per_cpu_second_{size}", $"plain_per_cpu_second_{size}");
        }

        AddRatio("ratio_numbers_to_none_100", "records_per_cpu_second_100_numbers", "records_per_cpu_second_100");
        return figures;

        // What stands in one round is near in time: a noisy machine is as noisy for both.
        void AddRatio(string name, string over, string under)
        {
            if (measured.TryGetValue(over, out var one) && measured.TryGetValue(under, out var other))
                figures.Add(name, Figures.Median(one.Zip(other, (a, b) => a.RecordsPerCpuSecond / b.RecordsPerCpuSecond)));
        }
    }

    /// <summary>Runs a load once, and has the endpoint check what was delivered.</summary>
    public static async Task<(LoadResult Result, EndpointReport Report)> MeasureAsync(ChildProcess endpoint, ChildProcess process, string name, LoadSpec load)
    {
        await endpoint.AskAsync<bool>("reset");
        var result = await process.AskAsync<LoadResult>(JsonSerializer.Serialize(load));
        var report = await endpoint.AskAsync<EndpointReport>("report");
        if (result.Failed != 0 || report.BadTrailers != 0 || report.StrayMembers != 0 || report.Records != result.Sent || report.NumberSum != result.NumberSum)
            throw new BenchFailedException($"{name} was not delivered as put: {result}; {report}");
        return (result, report);
    }
}
