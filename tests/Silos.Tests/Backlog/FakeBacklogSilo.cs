using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Backlog;

namespace Orleans.Kpl.Silos.Tests.Backlog;

/// <summary>What a silo has to do with logs, over rows and logs that silos share.</summary>
internal sealed class FakeBacklogSilo : IAsyncDisposable
{
    private readonly LiveSilos _silos;

    public FakeBacklogSilo(int number, IStateStore rows, IWriterStores stores, TimeProvider time, params int[] active)
        : this(number, rows, stores, time, NullLogger<BacklogTakeover>.Instance, active)
    {
    }

    public FakeBacklogSilo(int number, IStateStore rows, IWriterStores stores, TimeProvider time, ILogger<BacklogTakeover> logger, params int[] active)
    {
        Membership = new FakeMembership(number);
        _silos = new LiveSilos(Membership, time);
        foreach (var silo in active)
            Membership.Set(FakeMembership.Silo(silo), SiloStanding.Active);
        _silos.Start();
        var registry = new BacklogRegistry(rows);
        Held = new OwnedLogs(registry, stores, _silos, Guid.NewGuid, time, NullLogger<OwnedLogs>.Instance);
        Takeover = new BacklogTakeover(registry, Held, Replays, _silos, time, logger);
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

    /// <summary>Closes such a log, as the backlog of its stream does.</summary>
    public async Task CloseAsync(ISegmentLog log, bool isEmpty = false)
    {
        await log.DisposeAsync();
        await new ClusterBacklogStore(Held).LetGoAsync(log, isEmpty);
    }

    public async ValueTask DisposeAsync()
    {
        await Takeover.StopAsync();
        Replays.Stop();
        await Takeover.DisposeAsync();
    }
}

/// <summary>Keeps what is to be replayed, until it is told how that ends.</summary>
internal sealed class FakeReplays : IBacklogReplayer
{
    private readonly ConcurrentBag<Replay> _all = [];
    private readonly Channel<Replay> _begun = Channel.CreateUnbounded<Replay>();

    /// <summary>The next replay that begins.</summary>
    public Task<Replay> NextAsync() => _begun.Reader.ReadAsync().AsTask().WaitAsync(Waiting.Long);

    /// <summary>Whether none has begun that was not asked for.</summary>
    public bool IsIdle => _begun.Reader.Count == 0;

    public Task ReplayAsync(string stream, ISegmentLog log, Action counted)
    {
        var replay = new Replay(stream, log, new TaskCompletionSource());
        _all.Add(replay);
        counted();
        Assert.True(_begun.Writer.TryWrite(replay));
        return replay.End.Task;
    }

    /// <summary>The producer is drained: no replay goes on.</summary>
    public void Stop()
    {
        foreach (var replay in _all)
            replay.End.TrySetException(new ObjectDisposedException("producer"));
    }

    internal sealed record Replay(string Stream, ISegmentLog Log, TaskCompletionSource End);
}
