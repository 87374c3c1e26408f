using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// 100-byte records a second through the tier, from one client on a processor of its own, every outcome observed; the silos and the endpoint share the other
/// processor. The ceiling is what the same calls reach when the silo produces nothing. Part <c>here</c>: one silo. Part <c>elsewhere</c>: two silos, and the
/// client's silo forwards every record to the other.
/// </summary>
internal static class ClusterBench
{
    // On one processor the silo's code is compiled beside its work: it takes so many until its speed stays the same.
    private const int WarmUps = 2;
    private const int Records = 20_000_000;

    // Each round is a new client, whose code is compiled in its first seconds: not by way of instrumented code, which took more than a round to be replaced
    // on a processor that is always busy.
    private const string ClientRuntime = "DOTNET_TieredPGO=0 DOTNET_TC_CallCountingDelayMs=0";
    private const string WarmUpSeconds = "5";

    // As much as the client's memory takes: with the window of a bench, 131,072 records, what was measured was the time that a record takes.
    private const string InFlightMiB = "2048";

    private static readonly string[] Unlimited = ["--Kpl:RateLimit=1000000000", "--Kpl:Cluster:AllowCallsOnly=true"];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        if (arguments.Has("here"))
        {
            await using var endpoint = await EndpointProcess.StartAsync(processors: Affinity.ProducerProcessors);
            await using var silo = await TierProcess.StartSiloAsync(Affinity.ProducerProcessors, endpoint.Port, Unlimited);
            figures.Add(await MeasureAsync(arguments, "", endpoint, silo, BenchStream.Of(16)));
        }

        if (arguments.Has("elsewhere"))
        {
            await using var endpoint = await EndpointProcess.StartAsync(processors: Affinity.ProducerProcessors);
            await endpoint.BeginAsync(BenchStream.Of(1));
            await using var silos = await TwoSilos.StartAsync(Affinity.ProducerProcessors, endpoint.Port, Unlimited);
            figures.Add(await MeasureAsync(arguments, "elsewhere_", endpoint, await silos.FindOtherAsync(BenchStream.Of(1)), BenchStream.Of(1)));
        }

        return figures;
    }

    private static Task<Figures> MeasureAsync(BenchArguments arguments, string prefix, EndpointProcess endpoint, TierProcess silo, string stream) =>
        Bench.MeasureAsync(arguments, runs: 1, async found =>
        {
            await endpoint.BeginAsync(stream);
            found.Add($"{prefix}records_per_second", await RunClientAsync(silo, stream));
            (await endpoint.ReportAsync(stream)).Expect(Records);
            found.Add($"{prefix}ceiling_records_per_second", await RunClientAsync(silo, stream, "--calls-only"));
        }, WarmUps);

    private static async Task<double> RunClientAsync(TierProcess silo, string stream, params string[] further)
    {
        await using var client = BuiltProgram.StartClusterClient(
            Affinity.EndpointProcessors, stream, Records, $"{ClientRuntime} Kpl__Cluster__GatewayPort={silo.GatewayPort}",
            ["--warm-up", WarmUpSeconds, "--in-flight", InFlightMiB, .. further]);
        var result = JsonDocument.Parse(await client.LineAsync(static l => l.StartsWith('{'))).RootElement;
        return result.GetProperty("failed").GetInt64() == 0
            ? result.GetProperty("records_per_second").GetDouble()
            : throw new BenchFailedException($"not delivered as put: {result}");
    }
}
