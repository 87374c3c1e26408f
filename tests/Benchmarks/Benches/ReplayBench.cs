using System.Globalization;
using System.Text;
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
    /// <summary>What the replay must use where nobody else uses the shards.</summary>
    private const double LeastShare = 0.9;

    // Payload, a 36-byte key with its table entry, and the fields of a record in an aggregate.
    private const double BytesInAggregate = ReplayLoad.Size + 36 + 2 + 9;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = await Bench.MeasureAsync(arguments, runs: 1, static async found => found
            .Add("share_4", await MeasureAsync(4, 0)).Add("share_64", await MeasureAsync(64, 0)));
        return figures.Hold("share_4", least: LeastShare).Hold("share_64", least: LeastShare);
    }

    /// <summary>The share of what live traffic leaves of a stream's shards that is used to replay.</summary>
    public static Task<double> MeasureAsync(int shards, double live) => InFolderAsync(async folder =>
    {
        var (stream, capacity) = (BenchStream.Of(shards), shards * EndpointProcess.ShardBytesPerSecond);
        await FillAsync(folder, stream, (long)(capacity * (WarmUp + Measured + TimeSpan.FromSeconds(2)).TotalSeconds));
        await using var endpoint = await EndpointProcess.StartAsync("bucket:1000");
        await endpoint.BeginAsync(stream);
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, ReplayLoad.Verb, endpoint.Url, folder, stream,
            (live * capacity / BytesInAggregate).ToString(CultureInfo.InvariantCulture));
        var share = await endpoint.MeasureAsync(stream, WarmUp, Measured);
        var counts = await load.AskAsync<ReplayCount>("count");
        if (counts.InBacklog == 0)
            throw new BenchFailedException($"the backlog was empty before the measuring was over: {counts}");
        var liveBytes = share.BytesPerSecond * counts.Live / counts.All;
        return (share.BytesPerSecond - liveBytes) / (capacity - liveBytes);
    });

    public static async Task<T> InFolderAsync<T>(Func<string, Task<T>> run)
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

    /// <summary>Writes what a process left that stopped while Kinesis was away.</summary>
    private static async Task FillAsync(string folder, string stream, long bytes)
    {
        await using var store = FileBacklogStore.Open(folder, BacklogSync.Never);
        await using var log = await store.OpenAsync(stream, SegmentLogKind.Records, default);
        await AppendAsync(log, bytes);
    }

    /// <summary>Appends full segments of so many bytes in all, or a little more; returns the bytes of their payload.</summary>
    public static async Task<long> AppendAsync(ISegmentLog log, long bytes)
    {
        using var writer = new SegmentWriter(log.TargetSegmentBytes);
        var records = new RecordSet(ReplayLoad.Size);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var (number, payload) = (log.NextNumber, 0L);
        for (var i = 0L; payload < bytes; i++)
        {
            var record = records.Batch(i / RecordSet.BatchSize).Span[(int)(i % RecordSet.BatchSize)];
            var key = Encoding.UTF8.GetBytes(record.PartitionKey);
            if (writer.TryAdd(key, record.Data.Span, null, now))
                continue;
            payload += (long)writer.Count * ReplayLoad.Size;
            await log.AppendAsync(number++, writer.Encode(), default);
            writer.Reset();
            writer.TryAdd(key, record.Data.Span, null, now);
        }

        return payload;
    }
}
