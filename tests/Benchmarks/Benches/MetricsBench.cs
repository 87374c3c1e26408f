using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a collector costs: processor time a record with and without it, with every metric by shard, 1,024 shards, Prometheus and CloudWatch. One producer
/// takes short turns: without, with, with and without a collector, so that a machine that becomes slower counts for both. The turn that begins a collector
/// makes its series and does not count, nor does the one that follows its end. What a scrape, an upload and a look at the gauges cost is measured after each
/// round, and counts as often as they come.
/// </summary>
internal static class MetricsBench
{
    private const int Processes = 3;
    private const long Records = 500_000;

    // Code is compiled for good only after what was seen of it in the first rounds; they end when the compiler has little left to do.
    private const int MostRoundsToWarm = 14;
    private const double LittleToCompile = 0.005;

    private static readonly string Stream = BenchStream.Of(1_024);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = await EndpointProcess.StartAsync();
        await endpoint.BeginAsync(Stream);
        var figures = new Figures();
        for (var i = 0; i < Processes; i++)
        {
            await using var producer = ChildProcess.Start(Affinity.ProducerProcessors, MeteredLoad.Verb, endpoint.Url, Stream);
            await producer.ReadAsync<bool>();
            for (var round = 0; round < MostRoundsToWarm && await MeasureAsync(endpoint, producer, new Figures()) > LittleToCompile; round++)
                Bench.Say($"process {i + 1} warms up");
            figures.Add(await Bench.MeasureAsync(arguments, runs: 8, found => MeasureAsync(endpoint, producer, found)));
        }

        return figures;
    }

    /// <summary>Adds the figures of one round; returns which part of the processor's time the compiler took.</summary>
    private static async Task<double> MeasureAsync(EndpointProcess endpoint, ChildProcess producer, Figures found)
    {
        var first = await TurnAsync(false);
        await TurnAsync(true);
        var second = await TurnAsync(true);
        var third = await TurnAsync(true);
        var reading = await producer.AskAsync<double>(JsonSerializer.Serialize(new MeteredTurn(true, 0)));
        await TurnAsync(false);
        var fourth = await TurnAsync(false);
        var (without, with) = (first.CpuSeconds + fourth.CpuSeconds, second.CpuSeconds + third.CpuSeconds);
        found.Add("overhead_ratio", (with / without) - 1 + reading).Add("recording_ratio", (with / without) - 1).Add("reading_ratio", reading);
        return (first.CompileSeconds + second.CompileSeconds + third.CompileSeconds + fourth.CompileSeconds) / (without + with);

        async Task<LoadResult> TurnAsync(bool hasCollector)
        {
            await endpoint.BeginAsync(Stream);
            var result = await producer.AskAsync<LoadResult>(JsonSerializer.Serialize(new MeteredTurn(hasCollector, Records)));
            (await endpoint.ReportAsync(Stream)).Expect(result.Sent, result.NumberSum);
            return result.Failed == 0 ? result : throw new BenchFailedException($"{result.Failed} records failed");
        }
    }
}
