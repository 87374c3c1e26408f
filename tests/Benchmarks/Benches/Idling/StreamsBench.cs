using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Simulated;

namespace Orleans.Kpl.Benchmarks.Benches.Idling;

/// <summary>
/// What many streams and many shards cost: 500 streams of 4 shards that nobody uses, embedded and in a silo, and a record over 5,000 shards against one
/// over 4, in turns.
/// It fails beyond 100 MB, a five-hundredth of a processor, or two thirds as much again for a record. Its parts are cost, idle and silo.
/// </summary>
internal static class StreamsBench
{
    private const int Runs = 5;

    /// <summary>The most that each figure may be.</summary>
    private static readonly (string Name, double Most)[] Bars =
    [
        ("cost_ratio_5000", 1.65), ("idle_bytes", 100e6), ("idle_cpu_ratio", 0.002), ("silo_idle_bytes", 100e6), ("silo_idle_cpu_ratio", 0.002),
    ];

    private static readonly LoadSpec Few = new("batch", 100, 4, 4_000_000);
    private static readonly LoadSpec Many = new("batch", 100, 5_000, 4_000_000);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        var url = $"http://127.0.0.1:{port}/";
        var figures = new Figures();
        if (IsMeant("cost"))
            await MeasureCostAsync(endpoint, url, arguments.Runs ?? Runs, figures);
        if (IsMeant("idle"))
            await MeasureIdleAsync(url, figures);
        if (IsMeant("silo"))
            await IdleSilo.MeasureAsync(port, figures);
        foreach (var (name, most) in Bars)
        {
            if (figures[name] > most)
                throw new BenchFailedException($"{name} is {figures[name]:0.#####}: it must be {most:0.###} at most", figures);
        }

        return figures;

        bool IsMeant(string part) => arguments.Only?.Contains(part) != false;
    }

    private static async Task MeasureIdleAsync(string url, Figures figures)
    {
        await using var idle = ChildProcess.Start(Affinity.ProducerProcessors, StreamsLoad.Verb, url);
        var result = await idle.ReadAsync<IdleStreamsResult>();
        Bench.Say($"500 idle streams of 4 shards: {result}");
        await using var closed = ChildProcess.Start(Affinity.ProducerProcessors, ClosedStreams.Verb);
        var (open, left) = await closed.ReadAsync<ClosedStreamsResult>();
        figures.Add("idle_bytes", result.Bytes).Add("idle_held_bytes", result.HeldBytes).Add("idle_cpu_ratio", result.CpuRatio)
            .Add("bytes_an_open_stream", open).Add("bytes_a_closed_stream", left);
    }

    private static async Task MeasureCostAsync(ChildProcess endpoint, string url, int runs, Figures figures)
    {
        await using var producer = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, url);
        List<double> few = [], many = [], small = [], collected = [];
        for (var run = 0; run <= runs; run++)
        {
            // The first round warms up.
            foreach (var (load, nanoseconds) in ((LoadSpec, List<double>)[])[(Few, few), (Many, many)])
            {
                var result = await RunAsync(endpoint, producer, load);
                Note(run, load, result, nanoseconds);
                if (run > 0 && load == Many)
                    collected.Add(1e9 * result.CollectedSeconds / result.Records);
            }

            // As many members in an aggregate as the many shards had: what is left of the ratio is not the shape of the load.
            var members = await MembersAsync(endpoint);
            var alike = Few with { MaxMembers = members };
            Note(run, alike, await RunAsync(endpoint, producer, alike), small);
        }

        // The two stand next to each other in every round: a noisy machine is as noisy for both.
        var ratio = Figures.Median(many.Zip(few, static (m, f) => m / f));
        figures.Add("cpu_ns_4", Figures.Median(few)).Add("cpu_ns_5000", Figures.Median(many)).Add("cost_ratio_5000", ratio)
            .Add("collected_ns_5000", Figures.Median(collected))
            .Add("cpu_ns_4_small_aggregates", Figures.Median(small))
            .Add("cost_ratio_5000_small_aggregates", Figures.Median(many.Zip(small, static (m, s) => m / s)));
    }

    private static void Note(int run, LoadSpec load, LoadResult result, List<double> nanoseconds)
    {
        if (run > 0)
            nanoseconds.Add(1e9 / result.RecordsPerCpuSecond);
        Bench.Say($"{(run == 0 ? "warm-up" : $"run {run}")}, {load.Shards} shards{(load.MaxMembers > 0 ? $", {load.MaxMembers} members at most" : "")}: "
            + $"{1e9 / result.RecordsPerCpuSecond:N0} ns per record, {result.Records / result.Seconds:N0} records/s");
    }

    /// <summary>How many user records a Kinesis record of the last run had, on average.</summary>
    private static async Task<int> MembersAsync(ChildProcess endpoint)
    {
        var report = await endpoint.AskAsync<EndpointReport>("report");
        return (int)Math.Max(1, report.Records / Math.Max(1, report.KinesisRecords));
    }

    private static async Task<LoadResult> RunAsync(ChildProcess endpoint, ChildProcess producer, LoadSpec load)
    {
        await endpoint.AskAsync<bool>("reset");
        var result = await producer.AskAsync<LoadResult>(JsonSerializer.Serialize(load));
        var report = await endpoint.AskAsync<EndpointReport>("report");
        if (result.Failed != 0 || report.BadTrailers != 0 || report.StrayMembers != 0 || report.Records != result.Sent || report.NumberSum != result.NumberSum)
            throw new BenchFailedException($"{load.Shards} shards: not delivered as put: {result}; {report}");
        return result;
    }
}
