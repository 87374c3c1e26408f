using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>A producer that starts over a folder with a backlog, and is given nothing else to do.</summary>
internal static class IdleReplayLoad
{
    public const string Verb = "idle-replay-load";

    public static async Task RunAsync(Uri endpoint, string folder, string stream)
    {
        await using var producer = BenchProducer.Create(endpoint, o =>
        {
            o.RateLimit = 100;
            o.DrainTimeout = TimeSpan.FromSeconds(1);
            o.Backlog.Directory = folder;
        });
        await ChildProcess.ServeAsync(_ => Task.FromResult<object>(producer.GetLedger(stream).InBacklog));
    }
}
