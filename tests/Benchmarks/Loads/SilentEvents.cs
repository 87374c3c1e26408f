using System.Diagnostics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>The events of Kinesis records whose metrics nobody listens to: what the pipeline calls for one that was taken and delivered.</summary>
internal static class SilentEvents
{
    /// <summary>Tells of so many Kinesis records, each alone in its call and its batch, which is the dearest way.</summary>
    public static LoadResult Measure(long kinesisRecords)
    {
        using var instruments = new KplInstruments(ProducerRole.Embedded, static () => []);
        Tell(instruments, 100_000);
        Thread.Yield();
        Tell(instruments, 100_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.GetTimestamp();
        var wanted = Tell(instruments, kinesisRecords);
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var cpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        return wanted == 0
            ? new LoadResult(kinesisRecords, 0, seconds, cpuSeconds, GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 0)
            : throw new BenchFailedException("somebody listens");
    }

    private static long Tell(KplInstruments instruments, long kinesisRecords)
    {
        var (stream, wanted) = ("stream", 0L);
        var shard = instruments.Of(stream, "shardId-000000000000");
        for (var i = 0L; i < kinesisRecords; i++)
        {
            instruments.Received(stream, 1);
            instruments.CallEnded(stream, TimeSpan.FromMilliseconds(1), 1);
            wanted += instruments.WantsContents ? 1 : 0;
            instruments.HeldAndPut(shard, 1, 100);
            instruments.Put(shard, 1, 100);
            wanted += instruments.WantsAttempts ? 1 : 0;
        }

        return wanted;
    }
}
