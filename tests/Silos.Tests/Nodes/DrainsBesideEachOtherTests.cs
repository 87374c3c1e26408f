using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Silos that leave while others do, or while others move shards among themselves.</summary>
/// <remarks>Tests <see cref="Draining.ClusterDrain"/> and <see cref="Receiving.LinkReceiver"/>.</remarks>
public sealed class DrainsBesideEachOtherTests
{
    private const int Shards = 12, Records = 200;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>It told silos that may own shards only: the first went on to give the second shards and records, which ended with Shutdown there.</summary>
    [Fact]
    public async Task ASiloThatLeaves_TellsSo_ToASiloThatLeavesToo()
    {
        await using var world = new NodeWorld(Shards, static o => o.RequestTimeout = Waiting.Long);
        var (stays, first, second) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        await stays.DeliverAsync(Records);
        var (underWay, answered) = (NewSignal(), NewSignal());
        world.Kinesis.BeforePut = async (_, _) =>
        {
            underWay.TrySetResult();
            await answered.Task;
        };
        var put = first.DeliverAsync(Records);
        await underWay.Task.WaitAsync(Waiting.Long);
        await Waiting.UntilAsync(() => first.Node.Producer.OutstandingRecords > 0);
        var draining = first.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => !second.Node.Silos.Owners.Contains(first.Id));

        var drainingToo = second.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => !first.Node.Silos.Owners.Contains(second.Id));
        Assert.False(draining.IsCompleted);

        answered.SetResult();
        await Task.WhenAll(draining, drainingToo).WaitAsync(Waiting.Long);
        await put;
    }

    /// <summary>They waited for their shards to move to each other, for as long as their stop leaves for moves.</summary>
    [Fact]
    public async Task Silos_ThatAllLeave_DoNotWaitForSomebodyToTakeTheirShards()
    {
        var log = new CapturedLog();
        // What it leaves for moves is longer than anything here is waited for.
        await using var world = new NodeWorld(Shards, static o => o.StopTimeout = Waiting.Long + TimeSpan.FromMinutes(1))
        {
            Loggers = log,
        };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(Records);
        var (told, heard) = (NewSignal(), NewSignal());
        two.BeforeLeaving = () =>
        {
            told.SetResult();
            return heard.Task;
        };
        var draining = one.Node.Drain.DrainAsync();
        await told.Task.WaitAsync(Waiting.Long);
        await two.Node.Drain.DrainAsync().WaitAsync(Waiting.Long);
        Assert.NotEqual(0, one.Node.Hosted.Count);
        heard.SetResult();
        await draining.WaitAsync(Waiting.Long);

        Assert.DoesNotContain(log.Entries, static e => e.Category == typeof(Draining.ClusterDrain).FullName);
    }

    /// <summary>It waited for all moves of its peers: one call that was not answered kept its shards until its time for moves was over.</summary>
    [Fact]
    public async Task ASiloThatLeaves_WaitsForNoMove_BetweenTwoOthers()
    {
        var (log, time) = (new CapturedLog(), new FakeTimeProvider());
        await using var world = new NodeWorld(Shards, static o => o.RequestTimeout = Waiting.Long) { Loggers = log, Time = time };
        var (peer, leaving) = (await world.StartAsync(), await world.StartAsync());
        await world.PassAsync(peer.DeliverAsync(Records));
        // Else the newcomer would not be the only one that is given shards.
        foreach (var silo in (WorldSilo[])[peer, leaving])
        {
            await time.PassUntilAsync(() => silo.Node.Homes.UntilSettled(NodeWorld.Stream) == TimeSpan.Zero, Step);
            await world.PassAsync(silo.Node.Mover.MoveAsync());
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
        var put = peer.DeliverAsync(Records);
        await world.PassAsync(underWay.Task);
        var newcomer = await world.StartAsync();
        await time.PassUntilAsync(() => !peer.Node.Mover.ArrivedAsync(newcomer.Id).IsCompleted, Step);
        var move = peer.Node.Mover.ArrivedAsync(newcomer.Id);
        Assert.NotEqual(0, leaving.Node.Hosted.Count);

        await world.PassAsync(leaving.Node.Drain.DrainAsync());

        var seen = (leaving.Node.Hosted.Count, move.IsCompleted);
        answered.SetResult();
        Assert.Equal((0, false), seen);
        // It would warn that a silo was not told in time.
        Assert.DoesNotContain(log.Entries, static e => e.Category == typeof(Draining.ClusterDrain).FullName);
        await world.PassAsync(put);
    }

    /// <summary>It waited for the answers of all silos, and moved nothing: its time for moves was over with the wait.</summary>
    [Fact]
    public async Task ASiloThatLeaves_GivesItsShardsToSilosThatAnswer_WhereAnotherNeverDoes()
    {
        var (log, time) = (new CapturedLog(), new FakeTimeProvider());
        await using var world = new NodeWorld(Shards, static o => o.StopTimeout = TimeSpan.FromMinutes(10)) { Loggers = log, Time = time };
        var (leaving, healthy, silent) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        await world.PassAsync(leaving.DeliverAsync(Records));
        var held = leaving.Node.Hosted.Keys.ToList();
        Assert.NotEmpty(held);
        silent.IsSilent = true;

        var draining = leaving.Node.Drain.DrainAsync();
        await time.PassUntilAsync(() => leaving.Node.Hosted.Count == 0 || draining.IsCompleted, Step);

        Assert.All(held, s => Assert.Equal(healthy.Id, leaving.Node.Homes.Departed.TargetOf(s)));
        await world.PassAsync(draining);
        Assert.DoesNotContain(log.Texts, static t => t.Contains("Not every shard moved", StringComparison.Ordinal));
    }

    /// <summary>Each sweep failed at once and the next one came 20 ms later: 50 calls and 50 lines of the log a second, for each shard.</summary>
    [Fact]
    public async Task ASiloThatLeaves_WhoseShardsCannotMove_TriesLessAndLessOften_UntilTheyCan()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(Shards, static o => o.StopTimeout = TimeSpan.FromMinutes(10)) { Time = time };
        var (leaving, _) = (await world.StartAsync(), await world.StartAsync());
        await world.PassAsync(leaving.DeliverAsync(Records));
        var held = leaving.Node.Hosted.Count;
        Assert.NotEqual(0, held);
        world.Directory.RefusesMoves = true;

        var draining = leaving.Node.Drain.DrainAsync();
        await time.PassUntilAsync(() => world.Directory.Refused > 0, TimeSpan.FromMilliseconds(1));
        var until = time.GetUtcNow() + TimeSpan.FromSeconds(10);
        await time.PassUntilAsync(() => time.GetUtcNow() >= until, Step);

        // Waits of 20, 40, 80, 160, 320 and 640 ms, and then of one second; and the sweeps that follow each change of the silos.
        Assert.InRange(world.Directory.Refused, 1, 25 * held);
        world.Directory.RefusesMoves = false;
        await time.PassUntilAsync(() => draining.IsCompleted, Step);
        Assert.Equal(0, leaving.Node.Hosted.Count);
    }

    /// <summary>The call failed, so that it counted as one that may have been carried out.</summary>
    [Fact]
    public async Task AFrame_ForAStreamThatIsNotOpen_IsNotTaken_OnceTheSiloIsDrained()
    {
        await using var world = new NodeWorld(shards: 1);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await two.Node.Drain.DrainAsync().WaitAsync(Waiting.Long);
        var writer = new PackedRecordsWriter();
        Assert.True(writer.TryAdd("key"u8, "data"u8, HashKey.OfPartitionKey("key"u8)));
        var frame = new RecordsFrame(one.Id, NodeWorld.Stream, 0, 0, writer.ToArray(), [1, TimeSpan.TicksPerMinute, 0]);

        Assert.False(await two.Node.Calls.TakeRecordsAsync(frame));
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
}
