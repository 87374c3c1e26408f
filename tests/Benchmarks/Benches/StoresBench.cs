using System.Diagnostics;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a store of the backlog takes by itself: records put into segments and appended, as many under way as the log allows. Payloads are random, so nothing is
/// saved by compressing; the codec is also timed on its own.
/// </summary>
internal static class StoresBench
{
    private const string Stream = "events";

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        foreach (var size in (int[])[100, 1024])
        {
            var records = new RecordSet(size);
            figures.Add($"stored_mib_per_second_{size}", Encode(records, tryToCompress: false));
            figures.Add($"compressed_mib_per_second_{size}", Encode(records, tryToCompress: true));
            foreach (var sync in Enum.GetValues<BacklogSync>())
                await AppendAsync(figures, records, size, sync, arguments.Runs ?? 3);
        }

        return figures;
    }

    private static double Encode(RecordSet records, bool tryToCompress)
    {
        using var writer = new SegmentWriter(1 << 20);
        var (bytes, batch) = (0L, 0L);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Time)
        {
            batch = Fill(writer, records, batch);
            bytes += writer.Bytes;
            writer.Encode(tryToCompress);
            writer.Reset();
        }

        return bytes / clock.Elapsed.TotalSeconds / (1 << 20);
    }

    private static async Task AppendAsync(Figures figures, RecordSet records, int size, BacklogSync sync, int runs)
    {
        var (rates, volumes) = (new List<double>(), new List<double>());
        for (var run = 0; run < runs; run++)
        {
            var folder = Directory.CreateTempSubdirectory("kpl-bench-").FullName;
            try
            {
                await using var store = FileBacklogStore.Open(folder, sync);
                await using var log = await store.OpenAsync(Stream, SegmentLogKind.Records, default);
                var clock = Stopwatch.StartNew();
                var counts = await Task.WhenAll(Enumerable.Range(0, log.MaxAppends).Select(lane => Task.Run(() => AppendLaneAsync(log, lane, records, clock))));
                rates.Add(counts.Sum(static c => c.Records) / clock.Elapsed.TotalSeconds);
                volumes.Add(counts.Sum(static c => c.Bytes) / clock.Elapsed.TotalSeconds / (1 << 20));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        var name = sync == BacklogSync.Always ? "synced" : "unsynced";
        figures.Add($"{name}_records_per_second_{size}", Figures.Median(rates)).Add($"{name}_mib_per_second_{size}", Figures.Median(volumes));
        Bench.Say($"{name} files, {size} bytes: {Figures.Median(rates):N0} records/s");
    }

    private static async Task<(long Records, long Bytes)> AppendLaneAsync(ISegmentLog log, int lane, RecordSet records, Stopwatch clock)
    {
        using var writer = new SegmentWriter(log.TargetSegmentBytes);
        var (count, bytes, batch) = (0L, 0L, (long)lane);
        for (var number = log.NextNumber + lane; clock.Elapsed < Time; number += log.MaxAppends)
        {
            batch = Fill(writer, records, batch);
            var segment = writer.Encode(tryToCompress: false);
            await log.AppendAsync(number, segment, default);
            if (number % 16 == 0)
                Check(await log.ReadAsync(number, default), writer.Count);
            // What is removed at once was on the disk all the same; the disk must not fill up.
            await log.RemoveAsync([number], default);
            (count, bytes) = (count + writer.Count, bytes + segment.Length);
            writer.Reset();
        }

        return (count, bytes);
    }

    private static void Check(byte[]? segment, int count)
    {
        if (Segment.ReadRecords(segment, out _).Count != count)
            throw new BenchFailedException("a segment is not what was written");
    }

    private static long Fill(SegmentWriter writer, RecordSet records, long batch)
    {
        for (; ; batch++)
        {
            foreach (var record in records.Batch(batch).Span)
            {
                if (!writer.TryAdd(record.PartitionKey, record.Data.Span, null, 0))
                    return batch + 1;
            }
        }
    }
}
