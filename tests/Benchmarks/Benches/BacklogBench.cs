using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Simulated;
using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// The durable backlog: records persisted per second in synced files and how long that takes at half that rate; write units of DynamoDB for
/// each MiB of payload, in full segments and for single records; how much of what live traffic leaves of four shards is used to replay; and the process' memory
/// in the last of thirty simulated minutes without Kinesis against that in the fifth.
/// </summary>
internal static class BacklogBench
{
    private const double ShardBytesPerSecond = 1 << 20;
    private const int FullSegments = 32;
    private const int SingleRecords = 64;

    /// <summary>Memory in minute 30 against that in minute 5: what the noise of a collector may be, and no growth.</summary>
    private const double MostGrowth = 1.25;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(10);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var (persisted, shares) = (new List<PersistedResult>(), new List<double>());
        for (var run = 1; run <= (arguments.Runs ?? 3); run++)
        {
            persisted.Add(await InFolderAsync(PersistAsync));
            shares.Add(await InFolderAsync(ReplayAsync));
            Bench.Say($"run {run}: {persisted[^1]}, replay {shares[^1]:P1} of what was left");
        }

        var figures = new Figures()
            .Add("persisted_per_second", Figures.Median(persisted.Select(static p => p.PerSecond)))
            .Add("p50_ms", Figures.Median(persisted.Select(static p => p.P50)))
            .Add("p99_ms", Figures.Median(persisted.Select(static p => p.P99)))
            .Add("replay_share", Figures.Median(shares));
        await WriteUnitsAsync(figures);
        Tell(figures, await InFolderAsync(OutageAsync));
        return figures;
    }

    private static async Task<SpillOutageResult> OutageAsync(string folder)
    {
        await using var process = ChildProcess.Start(null, SpillOutageLoad.Verb, folder);
        return await process.ReadAsync<SpillOutageResult>();
    }

    private static void Tell(Figures figures, SpillOutageResult result)
    {
        if (result.Delivered != result.Accepted)
            throw new BenchFailedException($"of {result.Accepted} records {result.Delivered} were delivered after the outage");
        var (ratio, heapRatio) = ((double)result.LateBytes / result.EarlyBytes, (double)result.LateHeapBytes / result.EarlyHeapBytes);
        figures.Add("outage_minute_5_bytes", result.EarlyBytes).Add("outage_minute_30_bytes", result.LateBytes).Add("outage_memory_ratio", ratio)
            .Add("outage_heap_ratio", heapRatio).Add("outage_backlog_bytes", result.BacklogBytes);
        if (ratio > MostGrowth || heapRatio > MostGrowth)
            throw new BenchFailedException($"memory is not flat while Kinesis is away: {result}");
    }

    private static async Task<PersistedResult> PersistAsync(string folder)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>("reset");
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, PersistedLoad.Verb, $"http://127.0.0.1:{port}/", folder);
        var result = await load.ReadAsync<PersistedResult>();
        var report = await endpoint.AskAsync<EndpointReport>("report");
        if (report.BadTrailers != 0 || report.StrayMembers != 0 || report.Records != result.Records)
            throw new BenchFailedException($"what was persisted was not delivered as put: {result}; {report}");
        return result;
    }

    private static async Task<double> ReplayAsync(string folder)
    {
        var stream = ShardRanges.StreamOf(ReplayLoad.Shards);
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, "bucket:1000");
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + stream);
        await endpoint.AskAsync<bool>(LimitedEndpoint.GoAway);
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, ReplayLoad.Verb, $"http://127.0.0.1:{port}/", folder);
        await load.AskAsync<ReplayCount>(ReplayLoad.Fill);
        await endpoint.AskAsync<bool>(LimitedEndpoint.ComeBack);
        await load.AskAsync<ReplayCount>(ReplayLoad.Live);

        await Task.Delay(WarmUp);
        var (before, countBefore) = (await endpoint.AskAsync<LimitedCount>(LimitedEndpoint.Count + stream), await load.AskAsync<ReplayCount>(ReplayLoad.Count));
        await Task.Delay(Measured);
        var (after, countAfter) = (await endpoint.AskAsync<LimitedCount>(LimitedEndpoint.Count + stream), await load.AskAsync<ReplayCount>(ReplayLoad.Count));
        if (countAfter.InBacklog == 0)
            throw new BenchFailedException($"the backlog was empty before the measuring was over: {countAfter}");

        var bytes = (after.Bytes - before.Bytes) / (after.Seconds - before.Seconds);
        var live = bytes * (countAfter.Live - countBefore.Live) / (countAfter.All - countBefore.All);
        return (bytes - live) / ((ReplayLoad.Shards * ShardBytesPerSecond) - live);
    }

    private static async Task WriteUnitsAsync(Figures figures)
    {
        using var held = new HeldPort();
        var port = held.Number;
        await using var dynamoDb = await BuiltProgram.StartDynamoDbAsync(port);
        using var client = DynamoDbClients.Create(new KplDynamoDbOptions(), new DynamoDbLocation("us-east-1", "bench", new Uri($"http://127.0.0.1:{port}/")));
        await using var store = new DynamoDbBacklogStore(client, "bench-backlog", "writer", TimeSpan.FromDays(8), TimeProvider.System);
        await store.EnsureAsync(default);
        var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
        var records = new RecordSet(1024);
        using var writer = new SegmentWriter(log.TargetSegmentBytes);
        figures.Add("write_units_per_mib", await AppendAsync(store, log, records, writer, log.NextNumber, FullSegments, int.MaxValue));
        figures.Add("single_write_units_per_mib", await AppendAsync(store, log, records, writer, log.NextNumber + FullSegments, SingleRecords, 1));
    }

    /// <summary>Write units for each MiB of payload.</summary>
    private static async Task<double> AppendAsync(DynamoDbBacklogStore store, ISegmentLog log, RecordSet records, SegmentWriter writer, long first,
        int segments, int most)
    {
        var (units, payload, batch) = (store.WriteUnits, 0L, 0L);
        for (var number = first; number < first + segments; number++)
        {
            writer.Reset();
            var isFull = false;
            while (!isFull && writer.Count < most)
            {
                foreach (var record in records.Batch(batch++).Span)
                {
                    isFull = writer.Count >= most || !writer.TryAdd(record.PartitionKey, record.Data.Span, null, 0);
                    if (isFull)
                        break;
                    payload += record.Data.Length;
                }
            }

            await log.AppendAsync(number, writer.Encode(), default);
        }

        return (store.WriteUnits - units) / (payload / (double)(1 << 20));
    }

    private static async Task<T> InFolderAsync<T>(Func<string, Task<T>> run)
    {
        var folder = Directory.CreateTempSubdirectory("kpl-bench-").FullName;
        try
        {
            return await run(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
