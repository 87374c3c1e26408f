using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a collector costs: processor time a record with and without it, with every metric by shard, 1,024 shards, Prometheus and CloudWatch. One producer
/// takes short turns: without, with, with and without a collector. So a machine that becomes slower counts for both, and many such rounds tell their
/// median apart from chance; <c>spread</c> is how far the median may be off. The turn that begins a collector makes its series and is told by itself.
/// What a scrape, an upload and a look at the gauges cost is measured after each round, and counts as often as they come. And what the events cost where
/// nobody listens.
/// </summary>
internal static class MetricsBench
{
    private const int Processes = 3;
    private const int Rounds = 8;
    private const int Shards = 1_024;
    private const int ManyShards = 5_000;
    private const string SeriesPart = "series";
    private const long Batched = 500_000;
    private const long OneByOne = 150_000;

    // Code is compiled for good only after what was seen of it in the first rounds; they end when the compiler has little left to do.
    private const int MostRoundsToWarm = 14;
    private const double LittleToCompile = 0.005;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        if (arguments.Only is [SeriesPart])
            return await AddSeriesAsync(new Figures());
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        List<Round> batches = [], singles = [];
        List<LoadResult> events = [];
        for (var i = 1; i <= Processes; i++)
        {
            await using var producer = ChildProcess.Start(
                Affinity.ProducerProcessors, MeteredLoad.Verb, $"http://127.0.0.1:{port}/", $"{Shards}");
            events.Add(await AskAsync<LoadResult>(producer, new MeteredTurn("silent", false, 20_000_000)));
            var toWarm = await WarmAsync(endpoint, producer);
            for (var round = 0; round < (arguments.Runs ?? Rounds); round++)
            {
                batches.Add(await CompareAsync(endpoint, producer, "batch", Batched));
                singles.Add(await CompareAsync(endpoint, producer, "single", OneByOne));
            }

            Bench.Say($"process {i}: {toWarm} rounds to warm up");

            Say($"process {i}, batches", batches[^(arguments.Runs ?? Rounds)..]);
            Say($"process {i}, one by one", singles[^(arguments.Runs ?? Rounds)..]);
        }

        await using var alone = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{port}/");
        var (aloneResult, _) = await MeasureAsync(endpoint, alone, new LoadSpec("batch-alone", 100, Shards, Batched));
        var secondsPerEvent = Figures.Median(events.Select(static e => e.CpuSeconds / e.Records));
        var recording = batches.Select(static b => b.Overhead).ToList();
        var reading = Figures.Median(batches.Select(static b => b.Reading.Ratio));
        return await AddSeriesAsync(new Figures()
            .Add("overhead_ratio", Figures.Median(recording) + reading)
            .Add("recording_ratio", Figures.Median(recording))
            .Add("recording_ratio_spread", Figures.SpreadOfMedian(recording))
            .Add("recording_ratio_single", Figures.Median(singles.Select(static s => s.Overhead)))
            .Add("recording_ratio_single_spread", Figures.SpreadOfMedian([.. singles.Select(static s => s.Overhead)]))
            .Add("reading_ratio", reading)
            .Add("first_turn_ms", Figures.Median(batches.Select(static b => b.First * 1_000)))
            .Add("silent_ratio", Figures.Median(batches.Select(b => secondsPerEvent / b.RecordsInEach * b.Without)))
            .Add("silent_ratio_alone", secondsPerEvent * aloneResult.RecordsPerCpuSecond)
            .Add("silent_bytes_per_record", events.Max(static e => (double)e.AllocatedBytes / e.Records)));
    }

    /// <summary>What there is to tell of one stream of 5,000 shards, of which every metric has a value.</summary>
    private static async Task<Figures> AddSeriesAsync(Figures figures)
    {
        foreach (var granularity in (MetricsGranularity[])[MetricsGranularity.Auto, MetricsGranularity.Shard])
        {
            var (cost, name) = (await SeriesCost.MeasureAsync(granularity, ManyShards), granularity.ToString().ToLowerInvariant());
            figures.Add($"series_{name}", cost.Series)
                .Add($"page_kib_{name}", cost.PageBytes / 1024.0)
                .Add($"scrape_ms_{name}", cost.ScrapeSeconds * 1_000)
                .Add($"memory_kib_{name}", cost.MemoryBytes / 1024.0)
                .Add($"cloudwatch_metrics_{name}", cost.CloudWatchMetrics)
                .Add($"cloudwatch_dollars_a_month_{name}", cost.Dollars);
        }

        return figures;
    }

    private static async Task<int> WarmAsync(ChildProcess endpoint, ChildProcess producer)
    {
        for (var round = 1; ; round++)
        {
            var batch = await CompareAsync(endpoint, producer, "batch", Batched);
            var single = await CompareAsync(endpoint, producer, "single", OneByOne);
            if (Math.Max(batch.Compiling, single.Compiling) <= LittleToCompile || round == MostRoundsToWarm)
                return round;
        }
    }

    private static async Task<Round> CompareAsync(ChildProcess endpoint, ChildProcess producer, string kind, long records)
    {
        var (first, report) = await MeasureAsync(endpoint, producer, new MeteredTurn(kind, false, records));
        var (making, _) = await MeasureAsync(endpoint, producer, new MeteredTurn(kind, true, records));
        var (second, _) = await MeasureAsync(endpoint, producer, new MeteredTurn(kind, true, records));
        var (third, _) = await MeasureAsync(endpoint, producer, new MeteredTurn(kind, true, records));
        var reading = await AskAsync<ReadingCost>(producer, new MeteredTurn("read", true, 0));
        // The turn that follows the end of a collector, which leaves its series to the garbage collector, is measured as little as the one that begins one.
        await MeasureAsync(endpoint, producer, new MeteredTurn(kind, false, records));
        var (fourth, _) = await MeasureAsync(endpoint, producer, new MeteredTurn(kind, false, records));
        var (without, with) = ((first.CpuSeconds + fourth.CpuSeconds) / 2, (second.CpuSeconds + third.CpuSeconds) / 2);
        return new Round(records / without, records / with, (double)report.Records / report.KinesisRecords, reading, making.CpuSeconds - with)
        {
            Compiling = (first.CompileSeconds + second.CompileSeconds + third.CompileSeconds + fourth.CompileSeconds) / (2 * (without + with)),
        };
    }

    private static async Task<(LoadResult Result, EndpointReport Report)> MeasureAsync(ChildProcess endpoint, ChildProcess producer, object turn)
    {
        await endpoint.AskAsync<bool>("reset");
        var result = await AskAsync<LoadResult>(producer, turn);
        var report = await endpoint.AskAsync<EndpointReport>("report");
        return result.Failed == 0 && report.Records == result.Sent && report.NumberSum == result.NumberSum
            ? (result, report)
            : throw new BenchFailedException($"{turn} was not delivered as put: {result}; {report}");
    }

    private static Task<T> AskAsync<T>(ChildProcess producer, object turn) => producer.AskAsync<T>(JsonSerializer.Serialize(turn));

    private static void Say(string what, IReadOnlyList<Round> rounds) => Bench.Say(
        $"{what}: {Figures.Median(rounds.Select(static r => r.Without)):N0} per CPU second without, {Figures.Median(rounds.Select(static r => r.With)):N0} with, "
            + $"{rounds[0].RecordsInEach:N0} in each Kinesis record; overhead {Figures.Median(rounds.Select(static r => r.Overhead)):N4}, of rounds "
            + $"{rounds.Min(static r => r.Overhead):N3} to {rounds.Max(static r => r.Overhead):N3}; scrape {rounds[^1].Reading.ScrapeSeconds * 1_000:N0} ms, "
            + $"upload {rounds[^1].Reading.UploadSeconds * 1_000:N0} ms, gauges {rounds[^1].Reading.SettleSeconds * 1_000:N0} ms");

    /// <summary>Records per second of processor time, user records in each Kinesis record, what reading costs, and what the first turn took longer.</summary>
    private sealed record Round(double Without, double With, double RecordsInEach, ReadingCost Reading, double First)
    {
        /// <summary>The part of the processor's time that the compiler took.</summary>
        public double Compiling { get; init; }

        public double Overhead => (Without / With) - 1;
    }
}
