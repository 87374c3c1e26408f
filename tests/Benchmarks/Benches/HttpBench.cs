using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Web;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Records of 100 bytes per second of a tier's processor time, over HTTP: in lines, and one a request beside the bare server. Clients and an endpoint without
/// limits share another processor. The ratio is of neighbours in a round, so that a noisy machine is as noisy for both.
/// </summary>
internal static class HttpBench
{
    // Lines wait for their linger: so many fill its aggregates.
    private const int LineClients = 128;

    // Each waits for its record's linger: fewer would leave the tier idle, and its calls small.
    private const int SingleClients = 2_000;

    private static readonly string Stream = BenchStream.Of(64);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        // Of every process that is started here: code that is called often is compiled anew at once, instead of after a tenth of a second without new code,
        // which on a processor with other work may never come. What is measured after the warm-up is compiled alike.
        Environment.SetEnvironmentVariable("DOTNET_TC_CallCountingDelayMs", "0");
        // And each has the collector that programs of .NET have: those of benches are built without its second thread, and the tier is not.
        Environment.SetEnvironmentVariable("DOTNET_gcConcurrent", "1");
        await using var endpoint = await EndpointProcess.StartAsync();
        await endpoint.BeginAsync(Stream);
        await using var bare = ChildProcess.Start(Affinity.ProducerProcessors, BareKestrel.Verb);
        var bareUrl = await bare.ReadAsync<string>();
        await using var tier = await TierProcess.StartLocalAsync(Affinity.ProducerProcessors, endpoint.Port, Stream);
        await using var clients = ChildProcess.Start(Affinity.EndpointProcessors, WebLoad.Verb);
        // On one processor the tier's code is compiled beside its work: two rounds warm up.
        var figures = await Bench.MeasureAsync(arguments, runs: 5, async found =>
        {
            var lines = await MeasureTierAsync(new WebSpec(true, tier.Url, Stream, LineClients, 2_400));
            var (_, alone) = await MeasureAsync(new WebSpec(false, bareUrl, Stream, SingleClients, 60_000), () => bare.CpuTime);
            var confirmed = await MeasureTierAsync(new WebSpec(false, tier.Url, Stream, SingleClients, 30_000));
            found.Add("records_per_cpu_second", lines).Add("kestrel_ratio", confirmed / alone).Add("confirmed_per_cpu_second", confirmed);
        }, warmUps: 2);
        return figures.Hold("kestrel_ratio", least: 0.5);

        async Task<double> MeasureTierAsync(WebSpec spec)
        {
            await endpoint.BeginAsync(Stream);
            var (result, perSecond) = await MeasureAsync(spec, () => tier.CpuTime);
            (await endpoint.ReportAsync(Stream)).Expect(result.Records, result.NumberSum);
            return perSecond;
        }

        async Task<(WebResult Result, double PerCpuSecond)> MeasureAsync(WebSpec spec, Func<TimeSpan> cpuTime)
        {
            await clients.AskAsync<bool>(JsonSerializer.Serialize(spec));
            var before = cpuTime();
            var result = await clients.AskAsync<WebResult>(WebLoad.Go);
            return (result, result.Records / (cpuTime() - before).TotalSeconds);
        }
    }
}
