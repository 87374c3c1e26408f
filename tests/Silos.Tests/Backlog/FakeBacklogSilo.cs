using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Tests.Membership;

namespace Orleans.Kpl.Silos.Tests.Backlog;

/// <summary>What a silo has to do with logs, over rows and logs that silos share.</summary>
internal sealed class FakeBacklogSilo : IAsyncDisposable
{
    private readonly LiveSilos _silos;

    public FakeBacklogSilo(int number, IStateStore rows, IWriterStores stores, TimeProvider time, params int[] active)
    {
        Membership = new FakeMembership(number);
        _silos = new LiveSilos(Membership, time);
        foreach (var silo in active)
            Membership.Set(FakeMembership.Silo(silo), SiloStanding.Active);
        _silos.Start();
        var registry = new BacklogRegistry(rows);
        Held = new OwnedLogs(registry, stores, _silos, Guid.NewGuid, time, NullLogger<OwnedLogs>.Instance);
        Takeover = new BacklogTakeover(registry, Held, Replays, _silos, time, NullLogger<BacklogTakeover>.Instance);
    }

    public FakeMembership Membership { get; }

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
