using System.Diagnostics;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Benchmarks.Scaling;

/// <summary>
/// What it costs a user record that its shard's load is observed: the sampler's count, and its share of the samples and of what is told for
/// each Kinesis record (512 of 100 bytes). Beside it the same loop without.
/// </summary>
internal static class ObservingCost
{
    private const int Shards = 64;
    private const int Size = 136;
    private const int Records = 20_000_000;
    private const int PerKinesisRecord = 512;

    public static double NanosecondsPerRecord()
    {
        var random = new Random(1);
        var keys = new UInt128[1 << 14];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64());
        var loads = Enumerable.Range(0, Shards).Select(i => new ShardLoad(new ShardRange("s", 0, UInt128.MaxValue), LoadSettings.Default, 0)).ToArray();
        var samplers = Enumerable.Range(0, Shards).Select(i => new LoadSampler(LoadSettings.Default.SampleBytes, (uint)i)).ToArray();
        Run(keys, loads, samplers, observe: true);
        return Figures.Median(Enumerable.Range(0, 5).Select(_ => Run(keys, loads, samplers, true) - Run(keys, loads, samplers, false)));
    }

    private static double Run(UInt128[] keys, ShardLoad[] loads, LoadSampler[] samplers, bool observe)
    {
        var watch = Stopwatch.StartNew();
        var sum = UInt128.Zero;
        for (var i = 0; i < Records; i++)
        {
            var (key, shard) = (keys[i & (keys.Length - 1)], i & (Shards - 1));
            sum += key;
            if (!observe)
                continue;
            if (samplers[shard].Picks(Size, out var weight))
                loads[shard].OnSample(key, "key"u8, weight, i);
            if (i % PerKinesisRecord == 0)
            {
                loads[shard].OnOffered(PerKinesisRecord, 51_200, i);
                loads[shard].OnDelivered(51_200, i);
            }
        }

        GC.KeepAlive(sum);
        return watch.Elapsed.TotalNanoseconds / Records;
    }
}
