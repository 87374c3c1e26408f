using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Scaling.Heat;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Scaling.Tests.Heat;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What pictures cost: the memory of a thousand streams with a hundred shards each, the look at one that is made once a minute, and what is kept of one
/// once an hour. All that a picture can have is in them.
/// </summary>
internal static class HeatBench
{
    private const int Streams = 1_000;
    private const int Shards = 100;
    private const int Looks = 20;

    public static Task<Figures> RunAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 1, static found =>
    {
        var full = HeatWorld.Full();
        var clock = Stopwatch.StartNew();
        var text = new KeptLoad(KeptLoad.Current, HeatWorld.End, full.Keep(), []).ToText();
        found.Add("keep_ms", clock.Elapsed.TotalMilliseconds).Add("kept_bytes", text.Length);
        clock.Restart();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        HeatHistory[] all = [.. Enumerable.Range(0, Streams).Select(_ => HeatHistory.Of(KeptLoad.FromText(text).Heat, HeatWorld.End))];
        found.Add("go_on_ms", clock.Elapsed.TotalMilliseconds / Streams);
        found.Add("bytes_a_stream", (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)all.Length).Hold("bytes_a_stream", most: 1 << 20);

        var world = new HeatWorld();
        world.Open([.. Enumerable.Range(0, Shards).Select(static i => i.ToString("shardId-000000000000", CultureInfo.InvariantCulture))]);
        var passed = TimeSpan.Zero;
        for (var look = 0; look <= Looks; look++)
        {
            world.Pass(60, () => world.PutEvenly(recordsPerSecond: 1_000, bytes: 1_024));
            clock.Restart();
            world.Look();
            // The first one is code that is not optimised yet.
            passed += look == 0 ? TimeSpan.Zero : clock.Elapsed;
        }

        found.Add("look_ms", passed.TotalMilliseconds / Looks).Add("look_part_of_a_processor", passed / Looks / TimeSpan.FromMinutes(1));
        return Task.CompletedTask;
    });
}
