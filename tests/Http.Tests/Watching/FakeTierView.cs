using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Tests.Watching;

/// <summary>Two silos with the streams <c>orders</c> and <c>secret</c>, whose counts grow with each look.</summary>
internal sealed class FakeTierView : ITierView
{
    private int _looks;

    /// <summary>How often somebody looked.</summary>
    public int Looks => Volatile.Read(ref _looks);

    /// <summary>The stream whose shards were asked for last.</summary>
    public string? Asked { get; private set; }

    /// <summary>Held back by a test, nobody sees anything.</summary>
    public Task Open { get; set; } = Task.CompletedTask;

    public async Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken)
    {
        var look = Interlocked.Increment(ref _looks);
        Asked = stream;
        await Open;
        return
        [
            new ProcessReport
            {
                Process = "S1",
                StartedAt = DateTimeOffset.UnixEpoch,
                Version = "1.0.0",
                OutstandingBytes = 100,
                Streams = [Report("orders", look), Report("secret", 1)],
                Shards = stream is null ? [] : [Shard(look)],
            },
            ProcessReport.Silent("S2"),
        ];
    }

    private static ShardObservation Shard(int look) =>
        new() { ShardId = "shard-0", EndingHashKey = 9, Bucket = 0.5, Minute = [0, 500L * look, 0, 0, 0, 0] };

    private static StreamReport Report(string stream, long accepted) =>
        new() { Stream = stream, Shards = 1, Ledger = new StreamLedger(accepted, accepted, 0, 0, 0, 0, 0), OldestSeconds = 0.5 };
}
