using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a collector costs: processor time a record with and without it, in turns, with every metric by shard, 1,024 shards, Prometheus and CloudWatch.
/// What a scrape and an upload cost is measured after each run, and counts as often as they come: every 15 and every 60 seconds.
/// </summary>
internal static class MetricsBench
{
    private const int Runs = 5;
    private const int Shards = 1_024;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        await using var producer = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{port}/");
        List<double> batches = [], singles = [], readings = [];
        for (var round = 0; round <= (arguments.Runs ?? Runs); round++)
        {
            var without = await MeasureAsync(endpoint, producer, "batch", 4_000_000);
            var with = await MeasureAsync(endpoint, producer, "batch-metrics", 4_000_000);
            var single = await MeasureAsync(endpoint, producer, "single", 1_000_000);
            var singleWith = await MeasureAsync(endpoint, producer, "single-metrics", 1_000_000);
            var reading = (with.ScrapeSeconds / 15) + (with.UploadSeconds / 60);
            if (round == 0)
                continue;
            batches.Add((without.RecordsPerCpuSecond / with.RecordsPerCpuSecond) - 1);
            singles.Add((single.RecordsPerCpuSecond / singleWith.RecordsPerCpuSecond) - 1);
            readings.Add(reading);
            Bench.Say($"run {round}: {without.RecordsPerCpuSecond:N0} per CPU second without, {with.RecordsPerCpuSecond:N0} with; one by one "
                + $"{single.RecordsPerCpuSecond:N0} and {singleWith.RecordsPerCpuSecond:N0}; scrape {with.ScrapeSeconds * 1_000:N0} ms, "
                + $"upload {with.UploadSeconds * 1_000:N0} ms");
        }

        var figures = new Figures();
        figures.Add("overhead_ratio", Figures.Median(batches) + Figures.Median(readings));
        figures.Add("recording_ratio", Figures.Median(batches));
        figures.Add("recording_ratio_single", Figures.Median(singles));
        figures.Add("reading_ratio", Figures.Median(readings));
        return figures;
    }

    private static async Task<LoadResult> MeasureAsync(ChildProcess endpoint, ChildProcess process, string kind, long records)
    {
        await endpoint.AskAsync<bool>("reset");
        var result = await process.AskAsync<LoadResult>(JsonSerializer.Serialize(new LoadSpec(kind, 100, Shards, records)));
        var report = await endpoint.AskAsync<EndpointReport>("report");
        return result.Failed == 0 && report.Records == result.Sent && report.NumberSum == result.NumberSum
            ? result
            : throw new BenchFailedException($"{kind} was not delivered as put: {result}; {report}");
    }
}
