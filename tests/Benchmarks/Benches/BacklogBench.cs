using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// The durable backlog: records persisted per second in synced files and how long that takes at half that rate; how much of what live traffic leaves of four
/// shards is used to replay; and write units of DynamoDB for each MiB of payload in full segments.
/// </summary>
internal static class BacklogBench
{
    private const int MostBytes = 32 * 400 << 10;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = await Bench.MeasureAsync(arguments, runs: 3, static async found =>
        {
            var persisted = await ReplayBench.InFolderAsync(PersistAsync);
            found.Add("persisted_per_second", persisted.PerSecond).Add("p99_ms", persisted.P99).Add("replay_share", await ReplayBench.MeasureAsync(4, 0.5));
        });
        return figures.Add("write_units_per_mib", await CountWriteUnitsAsync());
    }

    private static async Task<PersistedResult> PersistAsync(string folder)
    {
        var stream = BenchStream.Of(64);
        await using var endpoint = await EndpointProcess.StartAsync();
        await endpoint.BeginAsync(stream);
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, PersistedLoad.Verb, endpoint.Url, folder, stream);
        var result = await load.ReadAsync<PersistedResult>();
        (await endpoint.ReportAsync(stream)).Expect(result.Records);
        return result;
    }

    private static async Task<double> CountWriteUnitsAsync()
    {
        using var held = new HeldPort();
        await using var dynamoDb = await BuiltProgram.StartDynamoDbAsync(held.Number);
        using var client = DynamoDbClients.Create(
            new KplDynamoDbOptions(), new DynamoDbLocation("us-east-1", new Uri($"http://127.0.0.1:{held.Number}/")));
        await using var store = new DynamoDbBacklogStore(client, "bench-backlog", "writer", TimeSpan.FromDays(8), TimeProvider.System);
        await store.EnsureAsync(default);
        var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
        var units = log.WriteUnits;
        var payload = await ReplayBench.AppendAsync(log, MostBytes);
        return (log.WriteUnits - units) / (payload / (double)(1 << 20));
    }
}
