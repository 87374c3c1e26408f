using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// How much of what 4 and 64 idle shards take is used to replay a backlog that a producer finds in its folder when it starts. Counted by the endpoint,
/// which enforces the limits.
/// </summary>
internal static class ReplayBench
{
    private const double ShardBytesPerSecond = 1 << 20;

    /// <summary>What the replay must use where nobody else uses the shards.</summary>
    private const double LeastShare = 0.9;
    private const int Size = 1024;
    private static readonly int[] ShardCounts = [4, 64];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var shares = ShardCounts.ToDictionary(static s => s, static _ => new List<double>());
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            foreach (var (shards, measured) in shares)
            {
                measured.Add(await MeasureAsync(shards));
                Bench.Say($"run {run}: {measured[^1]:P1} of {shards} idle shards");
            }
        }

        var figures = new Figures();
        foreach (var (shards, measured) in shares)
            figures.Add($"share_{shards}", Figures.Median(measured));
        if (shares.FirstOrDefault(static s => Figures.Median(s.Value) < LeastShare) is { Value: { } low } least)
            throw new BenchFailedException($"the replay used {Figures.Median(low):P1} of {least.Key} idle shards, and not {LeastShare:P0}");
        return figures;
    }

    private static async Task<double> MeasureAsync(int shards)
    {
        var folder = Directory.CreateTempSubdirectory("kpl-bench-").FullName;
        try
        {
            var stream = ShardRanges.StreamOf(shards);
            await FillAsync(folder, stream, (long)(shards * ShardBytesPerSecond * (WarmUp + Measured + TimeSpan.FromSeconds(2)).TotalSeconds));
            await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, "bucket:1000");
            var port = await endpoint.ReadAsync<int>();
            await endpoint.AskAsync<bool>(LimitedEndpoint.Create + stream);
            await using var load = ChildProcess.Start(Affinity.ProducerProcessors, IdleReplayLoad.Verb, $"http://127.0.0.1:{port}/", folder, stream);
            while ((await CountAsync()).Records == 0)
                await Task.Delay(100);
            await Task.Delay(WarmUp);
            var before = await CountAsync();
            await Task.Delay(Measured);
            var after = await CountAsync();
            var left = await load.AskAsync<long>("count");
            if (left == 0)
                throw new BenchFailedException("the backlog was empty before the measuring was over");
            return (after.Bytes - before.Bytes) / (after.Seconds - before.Seconds) / (shards * ShardBytesPerSecond);

            Task<LimitedCount> CountAsync() => endpoint.AskAsync<LimitedCount>(LimitedEndpoint.Count + stream);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Writes what a process left that stopped while Kinesis was away.</summary>
    private static async Task FillAsync(string folder, string stream, long bytes)
    {
        await using var store = FileBacklogStore.Open(folder, BacklogSync.Never);
        await using var log = await store.OpenAsync(stream, SegmentLogKind.Records, default);
        using var writer = new SegmentWriter(log.TargetSegmentBytes);
        var records = new RecordSet(Size);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        long number = log.NextNumber, written = 0;
        for (var batch = 0L; written < bytes; batch++)
        {
            foreach (var record in records.Batch(batch).Span.ToArray())
            {
                if (writer.TryAdd(record.PartitionKey, record.Data.Span, null, now))
                    continue;
                written += writer.Bytes;
                await log.AppendAsync(number++, writer.Encode(tryToCompress: false), default);
                writer.Reset();
                writer.TryAdd(record.PartitionKey, record.Data.Span, null, now);
            }
        }
    }
}
