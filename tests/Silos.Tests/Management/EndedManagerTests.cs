using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Leases;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>A manager ends while a call of it still waits.</summary>
/// <remarks>Tests <see cref="StreamManager"/>.</remarks>
public sealed class EndedManagerTests
{
    private const string Foreign = "arn:aws:kinesis:us-east-1:111122223333:stream/events";

    /// <summary>Once the name was known it began to look after the stream, beside the next manager and for as long as the process ran.</summary>
    [Fact]
    public async Task Resume_OfAManagerThatEndedMeanwhile_ReadsNothing()
    {
        var rows = new ReadRows();
        await using var world = new NodeWorld(shards: 1) { Rows = rows };
        var (asked, told) = (NewSignal(), NewSignal());
        world.Kinesis.BeforeSummary = async _ =>
        {
            asked.TrySetResult();
            await told.Task;
        };
        var silo = await world.StartAsync();
        var manager = silo.Node.NewManager(Foreign, static () => { }, static _ => { });
        var resumed = manager.ResumeAsync();
        await asked.Task.WaitAsync(Waiting.Long);

        await manager.EndAsync();
        told.SetResult();
        await resumed.WaitAsync(Waiting.Long);

        Assert.DoesNotContain(Foreign, rows.Keys);
        Assert.Equal(StreamManagerErrorCodes.StateUnavailable, Assert.Throws<StreamManagerException>(() => manager.Admin).Code);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Rows that know which were read.</summary>
    private sealed class ReadRows() : RowsOver(new MemoryStateStore())
    {
        public ConcurrentQueue<string> Keys { get; } = [];

        public override Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
        {
            Keys.Enqueue(key);
            return base.ReadAsync(kind, key, cancellationToken);
        }
    }
}
