using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// 100-byte records a second through the tier, from one client on a processor of its own, every outcome observed; the silos and the endpoint share the other
/// processor. <c>silo_ns</c> is the processor time of all silos for a record, once the client has warmed up; <c>embedded_ns</c> that of an embedded producer
/// in the same run. Part <c>here</c>: one silo. Part <c>elsewhere</c>: two silos, and the only gateway that the client knows is that of the silo that does
/// not send; then the same with both gateways known, as by any client that reads the table of members. Part <c>tier3</c>: three silos, shards spread, all
/// gateways known. Part <c>clients</c>: a thousand producers in one process, a hundred records a second each; <c>clients_ns</c> is their processor time and
/// that of three silos.
/// </summary>
internal static class ClusterBench
{
    // On one processor a silo's code is compiled beside its work. Each silo has to be given so many times the records of a round until its speed stays the
    // same: before that, what is measured of three silos is their compiler.
    private const int WarmUps = 1;
    private const int Records = 20_000_000;
    private const int Clients = 1_000;
    private const int RecordsOfClients = 3_000_000;

    // Each round is a new client, whose code is compiled in its first seconds: not by way of instrumented code, which took more than a round to be replaced
    // on a processor that is always busy.
    private const string ClientRuntime = "DOTNET_TieredPGO=0 DOTNET_TC_CallCountingDelayMs=0";
    private const string WarmUpSeconds = "5";

    // As much as the client's memory takes: with the window of a bench, 131,072 records, what was measured was the time that a record takes.
    private const string InFlightMiB = "2048";

    private static readonly string[] Unlimited = ["--Kpl:RateLimit=1000000000"];

    private static readonly LoadSpec Embedded = new("batch", 100, 16, 4_000_000);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        if (arguments.Has("here"))
        {
            await using var endpoint = await EndpointProcess.StartAsync(processors: Affinity.ProducerProcessors);
            await using var embedded = LoadProcess.Start(endpoint);
            await using var silo = await TierProcess.StartSiloAsync(Affinity.ProducerProcessors, endpoint.Port, Unlimited);
            figures.Add(await Bench.MeasureAsync(arguments, runs: 1, async found =>
            {
                found.Add("embedded_ns", (await LoadProcess.MeasureAsync(endpoint, embedded, Embedded)).NanosecondsPerRecord);
                await RunClientAsync(found, "", endpoint, BenchStream.Of(16), GatewayOf(silo), () => silo.CpuTime);
                Compare(found, "");
            }, WarmUps));
        }

        if (arguments.Has("elsewhere"))
        {
            await using var endpoint = await EndpointProcess.StartAsync(processors: Affinity.ProducerProcessors);
            await endpoint.BeginAsync(BenchStream.Of(1));
            await using var silos = await SiloProcesses.StartAsync(2, Affinity.ProducerProcessors, endpoint.Port, Unlimited);
            var other = await silos.FindOtherAsync(BenchStream.Of(1));
            figures.Add(await Bench.MeasureAsync(arguments, runs: 1, async found =>
            {
                await RunClientAsync(found, "elsewhere_", endpoint, BenchStream.Of(1), GatewayOf(other), () => silos.CpuTime);
                await RunClientAsync(found, "both_gateways_", endpoint, BenchStream.Of(1), silos.ClientSettings, () => silos.CpuTime);
            }, 2 * WarmUps));
            Compare(figures, "_elsewhere");
            Compare(figures, "_both_gateways");
        }

        if (arguments.Has("tier3"))
        {
            await using var endpoint = await EndpointProcess.StartAsync(processors: Affinity.ProducerProcessors);
            await using var silos = await SiloProcesses.StartAsync(3, Affinity.ProducerProcessors, endpoint.Port, Unlimited);
            var stream = BenchStream.Of(16);
            figures.Add(await Bench.MeasureAsync(
                arguments, runs: 1, found => RunClientAsync(found, "tier3_", endpoint, stream, silos.ClientSettings, () => silos.CpuTime), 3 * WarmUps));
            Compare(figures, "_tier3");
        }

        if (arguments.Has("clients"))
        {
            await using var endpoint = await EndpointProcess.StartAsync(processors: Affinity.ProducerProcessors);
            await using var silos = await SiloProcesses.StartAsync(3, Affinity.ProducerProcessors, endpoint.Port, Unlimited);
            figures.Add(await Bench.MeasureAsync(
                arguments, runs: 1, found => RunClientsAsync(found, endpoint, silos), warmUps: 1));
        }

        return figures.Hold("silo_ratio", most: 1.3).Hold("silo_ratio_elsewhere", most: 1.4).Hold("silo_ratio_tier3", most: 1.4);
    }

    private static string GatewayOf(TierProcess silo) => $"Kpl__Cluster__GatewayPort={silo.GatewayPort}";

    /// <summary>A silo's time to that of an embedded producer, where both were measured.</summary>
    private static void Compare(Figures figures, string part)
    {
        if (figures.Has("embedded_ns"))
            figures.Add($"silo_ratio{part}", figures[$"silo_ns{part}"] / figures["embedded_ns"]);
    }

    /// <summary>Many clients, each of which puts a hundred records a second: the processor time of clients and silos for a record.</summary>
    private static async Task RunClientsAsync(Figures found, EndpointProcess endpoint, SiloProcesses silos)
    {
        var stream = BenchStream.Of(16);
        await endpoint.BeginAsync(stream);
        var before = silos.CpuTime;
        await using var client = BuiltProgram.StartClusterClient(
            Affinity.EndpointProcessors, stream, RecordsOfClients, $"{ClientRuntime} {silos.ClientSettings}",
            ["--warm-up", WarmUpSeconds, "--clients", $"{Clients}", "--rate", $"{Clients * 100}"]);
        var result = JsonDocument.Parse(await client.LineAsync(static l => l.StartsWith('{'))).RootElement;
        (await endpoint.ReportAsync(stream)).Expect(RecordsOfClients);
        var measured = result.GetProperty("records_per_second").GetDouble() * result.GetProperty("seconds").GetDouble();
        found.Add("clients_per_second", result.GetProperty("records_per_second").GetDouble());
        found.Add("clients_ns",
            (result.GetProperty("cpu_seconds").GetDouble() / measured * 1e9) + ((silos.CpuTime - before).TotalSeconds / RecordsOfClients * 1e9));
    }

    private static async Task RunClientAsync(Figures found, string part, EndpointProcess endpoint, string stream, string settings, Func<TimeSpan> cpuTime)
    {
        await endpoint.BeginAsync(stream);
        await using var watch = new CpuWatch(cpuTime);
        await using var client = BuiltProgram.StartClusterClient(
            Affinity.EndpointProcessors, stream, Records, $"{ClientRuntime} {settings}", ["--warm-up", WarmUpSeconds, "--in-flight", InFlightMiB]);
        var result = JsonDocument.Parse(await client.LineAsync(static l => l.StartsWith('{'))).RootElement;
        var (seconds, perSecond) = (result.GetProperty("seconds").GetDouble(), result.GetProperty("records_per_second").GetDouble());
        var silos = await watch.LastAsync(seconds);
        if (result.GetProperty("failed").GetInt64() != 0)
            throw new BenchFailedException($"not delivered as put: {result}");
        (await endpoint.ReportAsync(stream)).Expect(Records);
        found.Add($"{part}records_per_second", perSecond);
        found.Add($"silo_ns{(part.Length == 0 ? "" : "_" + part.TrimEnd('_'))}", silos.TotalNanoseconds / (seconds * perSecond));
    }
}
