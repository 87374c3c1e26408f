using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a collector costs: processor time a record with and without it, with every metric by shard, 1,024 shards, Prometheus and CloudWatch. A round
/// measures without, with, with and without, so that a machine that becomes slower counts for both. What a scrape, an upload and a look at the gauges
/// cost is measured after each run, and counts as often as they come: every 15, 60 and 10 seconds. And what the events cost where nobody listens.
/// </summary>
internal static class MetricsBench
{
    private const int Runs = 5;
    private const int Shards = 1_024;

    // Code is compiled for good only after what was seen of it in the first rounds.
    private const int RoundsToWarm = 3;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        await using var producer = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{port}/");
        List<double> batches = [], singles = [], readings = [], silent = [];
        var events = await producer.AskAsync<LoadResult>(JsonSerializer.Serialize(new LoadSpec("silent", 100, Shards, 50_000_000)));
        for (var round = 1 - RoundsToWarm; round <= (arguments.Runs ?? Runs); round++)
        {
            var batch = await CompareAsync(endpoint, producer, "batch", 2_000_000);
            var single = await CompareAsync(endpoint, producer, "single", 500_000);
            if (round <= 0)
                continue;
            batches.Add(batch.Overhead);
            singles.Add(single.Overhead);
            readings.Add(batch.Reading);
            silent.Add(events.CpuSeconds / events.Records / batch.RecordsInEach * batch.Without);
            Bench.Say($"run {round}: {batch.Without:N0} per CPU second without, {batch.With:N0} with, {batch.RecordsInEach:N0} in each Kinesis record; "
                + $"one by one {single.Without:N0} and {single.With:N0}; {batch.Told}");
        }

        var alone = await MeasureAsync(endpoint, producer, "batch-alone", 500_000);
        var figures = new Figures();
        figures.Add("overhead_ratio", Figures.Median(batches) + Figures.Median(readings));
        figures.Add("recording_ratio", Figures.Median(batches));
        figures.Add("recording_ratio_single", Figures.Median(singles));
        figures.Add("reading_ratio", Figures.Median(readings));
        figures.Add("silent_ratio", Figures.Median(silent));
        figures.Add("silent_ratio_alone", events.CpuSeconds / events.Records * alone.Result.RecordsPerCpuSecond);
        figures.Add("silent_bytes_per_record", (double)events.AllocatedBytes / events.Records);
        return figures;
    }

    private static async Task<Comparison> CompareAsync(ChildProcess endpoint, ChildProcess process, string kind, long records)
    {
        var (first, report) = await MeasureAsync(endpoint, process, kind, records);
        var (second, _) = await MeasureAsync(endpoint, process, $"{kind}-metrics", records);
        var (third, _) = await MeasureAsync(endpoint, process, $"{kind}-metrics", records);
        var (fourth, _) = await MeasureAsync(endpoint, process, kind, records);
        return new Comparison(
            2 * records / (first.CpuSeconds + fourth.CpuSeconds), 2 * records / (second.CpuSeconds + third.CpuSeconds),
            (double)report.Records / report.KinesisRecords,
            (third.ScrapeSeconds / 15) + (third.UploadSeconds / 60) + (third.SettleSeconds / 10),
            $"scrape {third.ScrapeSeconds * 1_000:N0} ms, upload {third.UploadSeconds * 1_000:N0} ms, gauges {third.SettleSeconds * 1_000:N0} ms");
    }

    private static async Task<(LoadResult Result, EndpointReport Report)> MeasureAsync(ChildProcess endpoint, ChildProcess process, string kind, long records)
    {
        await endpoint.AskAsync<bool>("reset");
        var result = await process.AskAsync<LoadResult>(JsonSerializer.Serialize(new LoadSpec(kind, 100, Shards, records)));
        var report = await endpoint.AskAsync<EndpointReport>("report");
        return result.Failed == 0 && report.Records == result.Sent && report.NumberSum == result.NumberSum
            ? (result, report)
            : throw new BenchFailedException($"{kind} was not delivered as put: {result}; {report}");
    }

    /// <summary>Records per second of processor time, user records in each Kinesis record, and what reading costs.</summary>
    private sealed record Comparison(double Without, double With, double RecordsInEach, double Reading, string Told)
    {
        public double Overhead => (Without / With) - 1;
    }
}
