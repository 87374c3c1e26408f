using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Simulated;
using Orleans.Kpl.Benchmarks.Web;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a socket costs a tier: its private bytes above those of the same process at rest, for each of 10,000 with a confirmed put under way, and for each of
/// 5,000 that send a byte a second, in headers, in bodies and in the bytes that tell HTTP/2. The latter have to be gone in time.
/// </summary>
internal static class SocketsBench
{
    private const int InFlight = 10_000;
    private const int SlowOnes = 5_000;
    private const double MostBytes = 24 << 10;
    private const double MostSeconds = 35;

    // Puts wait for their linger: longer than it takes to open all sockets.
    private static readonly string[] Settings =
        ["--Kpl:RecordMaxBufferedTime=40s", "--Kpl:RecordTtl=120s", $"--Kpl:Http:MaxConnections={2 * InFlight}", "--Kpl:AggregationMaxSize=1000000"];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        List<double> inFlight = [], slow = [], seconds = [];
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            inFlight.Add(await MeasureInFlightAsync());
            Bench.Say($"run {run}: {inFlight[^1]:N0} bytes for each of {InFlight:N0} puts in flight");
            var (bytes, sockets) = await MeasureSlowAsync();
            slow.Add(bytes);
            seconds.Add(sockets.Seconds);
            Bench.Say($"run {run}: {bytes:N0} bytes for each of {SlowOnes:N0} slow sockets; {sockets}");
            if (sockets.Left > 0)
                throw new BenchFailedException($"{sockets.Left} sockets with a byte a second were still there after {sockets.Seconds:N0} s");
        }

        var figures = new Figures().Add("in_flight_bytes", Figures.Median(inFlight)).Add("slow_bytes", Figures.Median(slow))
            .Add("slow_gone_seconds", Figures.Median(seconds));
        if (Figures.Median(inFlight) > MostBytes || Figures.Median(slow) > MostBytes)
            throw new BenchFailedException($"a socket must not cost more than {MostBytes:N0} bytes", figures);
        return Figures.Median(seconds) <= MostSeconds
            ? figures
            : throw new BenchFailedException($"sockets with a byte a second must be gone within {MostSeconds} s", figures);
    }

    private static async Task<double> MeasureInFlightAsync()
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var stream = ShardRanges.StreamOf(64);
        await using var tier = await WebTier.StartAsync(Affinity.ProducerProcessors, await endpoint.ReadAsync<int>(), stream, Settings);
        var rest = await RestAsync(tier);
        await using var clients = ChildProcess.Start(Affinity.EndpointProcessors, SocketsLoad.Verb);
        using var peak = new PeakMemory(() => ProcessMemory.PrivateBytes(tier.Program.Id));
        await clients.AskAsync<bool>(JsonSerializer.Serialize(new WebSpec(WebKind.Confirmed, tier.Url, stream, InFlight, InFlight)));
        using var http = new HttpClient { BaseAddress = new Uri(tier.Url) };
        while (OutstandingIn(await http.GetStringAsync("/health")) < InFlight)
            await Task.Delay(100);
        await Task.Delay(500);
        peak.Stop();
        var delivered = await clients.AskAsync<int>(SocketsLoad.Answers);
        var report = await endpoint.AskAsync<EndpointReport>("report");
        if (delivered != InFlight || report.Records != InFlight)
            throw new BenchFailedException($"{delivered} of {InFlight} puts were answered as delivered; {report}");
        return (double)(peak.Bytes - rest) / InFlight;
    }

    private static async Task<(double Bytes, SlowSockets Sockets)> MeasureSlowAsync()
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        await using var tier = await WebTier.StartAsync(Affinity.ProducerProcessors, await endpoint.ReadAsync<int>(), ShardRanges.StreamOf(64), Settings);
        var rest = await RestAsync(tier);
        await using var clients = ChildProcess.Start(Affinity.EndpointProcessors, SocketsLoad.Verb);
        using var peak = new PeakMemory(() => ProcessMemory.PrivateBytes(tier.Program.Id));
        var sockets = await clients.AskAsync<SlowSockets>($"{SocketsLoad.Slow}{tier.Url} {SlowOnes}");
        peak.Stop();
        return ((double)(peak.Bytes - rest) / SlowOnes, sockets);
    }

    /// <summary>What the process has when it has answered once, and does nothing.</summary>
    private static async Task<long> RestAsync(WebTier tier)
    {
        using var http = new HttpClient { BaseAddress = new Uri(tier.Url) };
        await http.GetStringAsync("/health");
        return ProcessMemory.PrivateBytes(tier.Program.Id);
    }

    private static long OutstandingIn(string health) => JsonDocument.Parse(health).RootElement.GetProperty("outstanding_records").GetInt64();
}
