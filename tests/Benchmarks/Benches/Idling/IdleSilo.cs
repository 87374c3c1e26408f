using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches.Idling;

/// <summary>
/// What streams cost in a silo that nobody uses any more: its memory and processor time against another silo's, beside it and at the same time, which has
/// one stream.
/// </summary>
internal static class IdleSilo
{
    private const int Streams = 500;
    private const int Shards = 4;

    // So many random keys leave none of a few shards out.
    private const int Records = 50;
    private const int AtOnce = 8;

    // Each stream asks for its own limit within half a minute of its first use.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    public static async Task MeasureAsync(int kinesisPort, Figures figures)
    {
        await using var bare = await Silo.StartAsync(Affinity.ProducerProcessors, kinesisPort);
        await using var full = await Silo.StartAsync(Affinity.ProducerProcessors, kinesisPort);
        // The runtime's part, the connections and the code are there with the first stream.
        foreach (var silo in (Silo[])[bare, full])
            await UseAsync(silo, ["first"]);
        await UseAsync(full, Enumerable.Range(0, Streams).Select(static number => $"stream-{number}"));

        await Task.Delay(Settling);
        var (bareCpu, fullCpu, clock) = (bare.CpuTime, full.CpuTime, Stopwatch.GetTimestamp());
        await Task.Delay(Watched);
        var watched = Stopwatch.GetElapsedTime(clock);
        var (bareRatio, fullRatio) = ((bare.CpuTime - bareCpu) / watched, (full.CpuTime - fullCpu) / watched);
        await AssertOpenAsync(full);
        figures.Add("silo_idle_bytes", ProcessMemory.PrivateBytes(full.ProcessId) - ProcessMemory.PrivateBytes(bare.ProcessId))
            .Add("silo_bare_cpu_ratio", bareRatio).Add("silo_idle_cpu_ratio", fullRatio - bareRatio);
    }

    private static async Task UseAsync(Silo silo, IEnumerable<string> streams)
    {
        using var http = new HttpClient { BaseAddress = silo.Url };
        await Parallel.ForEachAsync(streams, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (stream, cancelled) =>
        {
            var lines = string.Concat(Enumerable.Range(0, Records).Select(static i => $"{{\"number\":{i}}}\n"));
            using var body = new StringContent(lines, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson"));
            using var answer = await http.PostAsync($"/streams/{stream}-{Shards}/records?key=random", body, cancelled);
            answer.EnsureSuccessStatusCode();
        });
    }

    /// <summary>A silo that has closed its streams, or never opened all their shards, would cost too little.</summary>
    private static async Task AssertOpenAsync(Silo silo)
    {
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var silos = JsonDocument.Parse(await http.GetStringAsync("/admin/silos"));
        var open = silos.RootElement.GetProperty("silos").EnumerateArray().Sum(static s => s.GetProperty("shards").GetInt32());
        if (open < Streams * Shards)
            throw new BenchFailedException($"only {open} shards of {Streams * Shards} are open");
    }
}
