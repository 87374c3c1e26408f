using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Four processes that keep the same four shards saturated: through two silos of the tier, and each for itself, without and with
/// adaptation to the others. Counted by the endpoint over 30 seconds after a warm-up.
/// </summary>
internal static class SharedLimitsBench
{
    private const double ShardBytesPerSecond = 1 << 20;
    private const int Shards = 4;
    private const int Producers = 4;

    /// <summary>More than four shards take of each client in the time measured.</summary>
    private const long RecordsPerClient = 400_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        var ways = new (string Prefix, Func<ChildProcess, int, string, Task<Share>> Measure)[]
        {
            ("tier_", TierAsync),
            ("uncoordinated_", (endpoint, port, stream) => EmbeddedAsync(endpoint, port, stream, adaptive: false)),
            ("adaptive_", (endpoint, port, stream) => EmbeddedAsync(endpoint, port, stream, adaptive: true)),
        };
        foreach (var (prefix, measure) in ways)
        {
            var shares = new List<Share>();
            for (var run = 1; run <= (arguments.Runs ?? 1); run++)
            {
                await using var endpoint = ChildProcess.Start(null, LimitedEndpoint.Verb, "bucket:1000");
                var port = await endpoint.ReadAsync<int>();
                var stream = ShardRanges.StreamOf(Shards);
                await endpoint.AskAsync<bool>(LimitedEndpoint.Create + stream);
                shares.Add(await measure(endpoint, port, stream));
                Bench.Say($"run {run}, {prefix.TrimEnd('_')}: {shares[^1]}");
            }

            figures.Add($"{prefix}utilisation", Figures.Median(shares.Select(s => s.Used))).Add($"{prefix}throttled_ratio", Figures.Median(shares.Select(s => s.Throttled)));
        }

        return figures;
    }

    private static async Task<Share> TierAsync(ChildProcess endpoint, int port, string stream)
    {
        using var held = new HeldPort();
        var dynamoDbPort = held.Number;
        await using var dynamoDb = await BuiltProgram.StartDynamoDbAsync(dynamoDbPort);
        string[] settings =
        [
            "--Kpl:Cluster:Membership=dynamodb", "--Kpl:Cluster:AdvertisedAddress=127.0.0.1", $"--Kpl:DynamoDb:ServiceUrl=http://127.0.0.1:{dynamoDbPort}",
            "--Kpl:RecordTtl=5m", "--Kpl:MaxOutstandingBytes=16777216",
        ];
        await using var first = await Silo.StartAsync(null, port, settings);
        await using var second = await Silo.StartAsync(null, port, settings);
        var clients = new List<BuiltProgram>();
        try
        {
            var environment = $"Kpl__Cluster__Membership=dynamodb Kpl__DynamoDb__ServiceUrl=http://127.0.0.1:{dynamoDbPort} Kpl__RecordTtl=5m Kpl__MaxOutstandingBytes=4194304";
            for (var i = 0; i < Producers; i++)
                clients.Add(ClusterClient.Start(null, stream, RecordsPerClient, environment));
            return await CountAsync(endpoint, stream);
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }

    private static async Task<Share> EmbeddedAsync(ChildProcess endpoint, int port, string stream, bool adaptive)
    {
        var producers = new List<ChildProcess>();
        try
        {
            var spec = JsonSerializer.Serialize(new SaturationSpec(stream, 100, true, adaptive));
            for (var i = 0; i < Producers; i++)
                producers.Add(ChildProcess.Start(null, SaturatingLoad.Verb, $"http://127.0.0.1:{port}/", spec));
            var share = await CountAsync(endpoint, stream);
            foreach (var producer in producers)
                await producer.AskAsync<SaturationResult>("stop");
            return share;
        }
        finally
        {
            foreach (var producer in producers)
                await producer.DisposeAsync();
        }
    }

    private static async Task<Share> CountAsync(ChildProcess endpoint, string stream)
    {
        while ((await OneAsync()).Records == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        await Task.Delay(WarmUp);
        var before = await OneAsync();
        await Task.Delay(Measured);
        var after = await OneAsync();
        var (seconds, records, throttled) = (after.Seconds - before.Seconds, after.Records - before.Records, after.Throttled - before.Throttled);
        return new Share((after.Bytes - before.Bytes) / ShardBytesPerSecond / (Shards * seconds), (double)throttled / (records + throttled));

        Task<LimitedCount> OneAsync() => endpoint.AskAsync<LimitedCount>(LimitedEndpoint.Count + stream);
    }

    private sealed record Share(double Used, double Throttled);
}
