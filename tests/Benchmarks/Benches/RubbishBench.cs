using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Web;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// The latency of single puts while 10,000 damaged requests of one kind arrive by socket. The bench fails where their 99th percentile is more than 1.5 times
/// that of the puts right before, where a damaged request is answered with 500, and where fewer than a tenth are answered.
/// </summary>
internal static class RubbishBench
{
    private const double MostTime = 1.5;
    private const int Requests = 10_000;
    private const int PerSecond = 1_500;
    private const int Connections = 16;
    private const int Rounds = 3;

    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(5);

    // A fifth of the usual linger: it is most of what a put takes, and would hide what its neighbours cost. Where a stream's name is damaged, nothing is set
    // up.
    private static readonly string[] Settings = ["--Kpl:RecordMaxBufferedTime=20ms", $"--Kpl:Http:Streams={RubbishRequests.Stream}"];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        using var identity = new WebIdentity();
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var (port, stream) = (await endpoint.ReadAsync<int>(), ShardRanges.StreamOf(4));
        await using var open = await WebTier.StartAsync(Affinity.ProducerProcessors, port, stream, Settings);
        await using var known = await WebTier.StartAsync(
            Affinity.ProducerProcessors, port, stream, [.. Settings, $"--Kpl:Http:Identities={identity.IdentitiesFile}"]);
        var figures = new Figures();
        var missed = new List<string>();
        foreach (var kind in RubbishRequests.All.Where(k => arguments.Only?.Contains(k) != false))
        {
            // Credentials are looked at only where there are identities.
            var isKnown = kind is "authorization" or "token";
            var spec = new RubbishSpec(isKnown ? known.Url : open.Url, kind, Requests, PerSecond, identity.Token);
            var ratio = await MeasureAsync(spec, stream, isKnown ? identity.ApiKey : null, arguments.Runs ?? Rounds);
            figures.Add($"{kind}_p99_ratio", ratio);
            if (ratio > MostTime)
                missed.Add($"{kind}_p99_ratio is {ratio:0.##}: it must be {MostTime} at most");
        }

        return missed.Count == 0 ? figures : throw new BenchFailedException(string.Join("; ", missed), figures);
    }

    /// <summary>The median of a few rounds: alone, then beside the damaged requests.</summary>
    private static async Task<double> MeasureAsync(RubbishSpec spec, string stream, string? key, int rounds)
    {
        await using var rubbish = ChildProcess.Start(Affinity.EndpointProcessors, RubbishLoad.Verb);
        await using var neighbour = ChildProcess.Start(Affinity.EndpointProcessors, SteadyPuts.Verb);
        await neighbour.AskAsync<bool>(JsonSerializer.Serialize(new WebSpec(WebKind.Confirmed, spec.Url, stream, Connections, 0, key)));
        // The warm-up: both programs and the tier compile their code.
        await rubbish.AskAsync<RubbishResult>(JsonSerializer.Serialize(spec with { Requests = spec.Requests / 5 }));
        await AskAsync(neighbour, static () => Task.Delay(Alone));
        var ratios = new List<double>();
        for (var round = 1; round <= rounds; round++)
        {
            var alone = await TimeAsync(neighbour, static () => Task.Delay(Alone));
            RubbishResult? result = null;
            var beside = await TimeAsync(neighbour, async () => result = await rubbish.AskAsync<RubbishResult>(JsonSerializer.Serialize(spec)));
            Bench.Say($"{spec.Kind} {round}: p99 {alone:0.0} ms alone, {beside:0.0} ms beside {result}");
            if (result is not { Failures: 0 } || result.Answered < spec.Requests / 10)
                throw new BenchFailedException($"{spec.Kind}: of {spec.Requests} damaged requests {result}");
            ratios.Add(beside / alone);
        }

        return Figures.Median(ratios);
    }

    private static async Task<double> TimeAsync(ChildProcess neighbour, Func<Task> meanwhileAsync) =>
        await AskAsync(neighbour, meanwhileAsync) is var p99 and > 0
            ? p99
            : throw new BenchFailedException("too few records were put to tell a 99th percentile");

    private static async Task<double> AskAsync(ChildProcess neighbour, Func<Task> meanwhileAsync)
    {
        await neighbour.AskAsync<bool>(SteadyPuts.Go);
        await meanwhileAsync();
        return await neighbour.AskAsync<double>(SteadyPuts.Stop);
    }
}
