using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>Managed memory of one stream of four shards.</summary>
/// <param name="Open">Bytes while it is open and idle.</param>
/// <param name="Closed">Bytes that are left when it has closed.</param>
internal sealed record ClosedStreamsResult(double Open, double Closed);

/// <summary>Uses many streams once, and waits until they have closed.</summary>
internal static class ClosedStreams
{
    public const string Verb = "closed-streams";

    private const int Streams = 500;
    private const int Shards = 4;

    /// <summary>Long enough to use all streams and to look at what they hold.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static async Task RunAsync()
    {
        await using var producer = new ProducerPipeline(
            new KplOptions { RateLimit = BenchProducer.NoLimit }, new SimulatedGateway(TimeProvider.System), new LoudEvents(), TimeProvider.System,
            new Random(1));
        producer.CloseIdleStreams(Limit);
        var records = new RecordSet(100);
        await PutAsync("first");
        var before = Held();
        for (var stream = 0; stream < Streams; stream++)
            await PutAsync($"stream-{stream}");
        var open = Held() - before;
        if (producer.Streams.Count() <= Streams)
            throw new BenchFailedException("streams have closed already: the machine is too busy");

        while (producer.Streams.Any())
            await Task.Delay(Limit / 100);
        ChildProcess.Tell(new ClosedStreamsResult((double)open / Streams, (double)(Held() - before) / Streams));

        async Task PutAsync(string stream)
        {
            foreach (var result in await producer.PutAsync($"{stream}-{Shards}", records.Batch(0)[..100], PutOptions.WithoutLinger))
                result.EnsureSuccess();
        }
    }

    private static long Held()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
