using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>What a silo that leaves waits for, while other silos move shards among themselves.</summary>
/// <remarks>Tests <see cref="Draining.ClusterDrain"/> and <see cref="Receiving.LinkReceiver"/>.</remarks>
public sealed class DrainBesideMovesTests
{
    private const int Shards = 12;

    /// <summary>It waited for all moves of its peers: one call that was not answered kept its shards until its time for moves was over.</summary>
    [Fact]
    public async Task ASiloThatLeaves_WaitsForNoMove_BetweenTwoOthers()
    {
        var log = new CapturedLog();
        await using var world = new NodeWorld(Shards, static o => o.RequestTimeout = Waiting.Long) { Loggers = log };
        var (peer, leaving) = (await world.StartAsync(), await world.StartAsync());
        await PutAsync(peer).WaitAsync(Waiting.Long);
        // Else the newcomer would not be the only one that is given shards.
        foreach (var silo in (WorldSilo[])[peer, leaving])
        {
            await Waiting.UntilAsync(() => silo.Node.Homes.UntilSettled(NodeWorld.Stream) == TimeSpan.Zero);
            await silo.Node.Mover.MoveAsync().WaitAsync(Waiting.Long);
        }

        var held = world.Kinesis.Shards.Where(s => peer.Node.Hosted.Contains(new ShardKey(NodeWorld.Stream, s.ShardId))).ToList();
        Assert.InRange(held.Count, 1, Shards - 1);
        var (underWay, answered) = (NewSignal(), NewSignal());
        world.Kinesis.BeforePut = async (entries, _) =>
        {
            if (!IsOf(held, entries))
                return;
            underWay.TrySetResult();
            await answered.Task;
        };
        var put = PutAsync(peer);
        await underWay.Task.WaitAsync(Waiting.Long);
        var newcomer = await world.StartAsync();
        await Waiting.UntilAsync(() => !peer.Node.Mover.ArrivedAsync(newcomer.Id).IsCompleted);
        var move = peer.Node.Mover.ArrivedAsync(newcomer.Id);
        Assert.NotEqual(0, leaving.Node.Hosted.Count);

        await leaving.Node.Drain.DrainAsync().WaitAsync(Waiting.Long);

        var seen = (leaving.Node.Hosted.Count, move.IsCompleted);
        answered.SetResult();
        Assert.Equal((0, false), seen);
        // It would warn that a silo was not told in time.
        Assert.DoesNotContain(log.Entries, static e => e.Category == typeof(Draining.ClusterDrain).FullName);
        Assert.All(await put.WaitAsync(Waiting.Long), static r => Assert.True(r.IsSuccess, r.ToString()));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool IsOf(List<ShardRange> shards, ReadOnlyMemory<PutRecordsEntry> entries)
    {
        foreach (var entry in entries.Span)
        {
            if (shards.Exists(s => s.Contains(entry.ExplicitHashKey)))
                return true;
        }

        return false;
    }

    private static Task<RecordResult[]> PutAsync(WorldSilo silo)
    {
        UserRecord[] records = [.. Enumerable.Range(0, 200).Select(static i => new UserRecord($"key-{i}", new byte[10]))];
        return silo.Node.Producer.PutAsync(NodeWorld.Stream, records).AsTask();
    }
}
