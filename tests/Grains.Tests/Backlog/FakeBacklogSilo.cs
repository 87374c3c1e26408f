using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Tests.Owners;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Tests.Backlog;

/// <summary>What a silo has to do with logs, over rows and logs that silos share.</summary>
internal sealed class FakeBacklogSilo : IAsyncDisposable
{
    private readonly LiveSilos _silos;

    public FakeBacklogSilo(int number, IStateStore rows, IWriterStores stores, TimeProvider time, params int[] active)
    {
        Oracle = new FakeOracle(number);
        _silos = new LiveSilos(Oracle);
        foreach (var silo in active)
            Oracle.Set(FakeOracle.Silo(silo), SiloStatus.Active);
        _silos.Start();
        var registry = new BacklogRegistry(rows);
        Held = new OwnedLogs(registry, stores, _silos, time, NullLogger<OwnedLogs>.Instance);
        Takeover = new BacklogTakeover(registry, Held, Replays, _silos, time, NullLogger<BacklogTakeover>.Instance);
    }

    public FakeOracle Oracle { get; }

    public OwnedLogs Held { get; }

    public BacklogTakeover Takeover { get; }

    public FakeReplays Replays { get; } = new();

    /// <summary>A log of this silo's own, with that in it.</summary>
    public async Task<ISegmentLog> BeginAsync(string stream, params string[] texts)
    {
        var log = await new ClusterBacklogStore(Held).OpenAsync(stream, SegmentLogKind.Records, CancellationToken.None);
        for (var i = 0; i < texts.Length; i++)
            await log.AppendAsync(log.NextNumber + i, System.Text.Encoding.UTF8.GetBytes(texts[i]), CancellationToken.None);
        return log;
    }

    public async ValueTask DisposeAsync()
    {
        await Takeover.StopAsync();
        Replays.Stop();
        await Takeover.DisposeAsync();
    }
}
