using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Silos that leave while others do.</summary>
/// <remarks>Tests <see cref="Draining.ClusterDrain"/> and <see cref="Receiving.LinkReceiver"/>.</remarks>
public sealed class DrainsBesideEachOtherTests
{
    private const int Shards = 12;

    /// <summary>It told silos that may own shards only: the first went on to give the second shards and records, which ended with Shutdown there.</summary>
    [Fact]
    public async Task ASiloThatLeaves_TellsSo_ToASiloThatLeavesToo()
    {
        await using var world = new NodeWorld(Shards, static o => o.RequestTimeout = Waiting.Long);
        var (stays, first, second) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        await PutAsync(stays).WaitAsync(Waiting.Long);
        var (underWay, answered) = (NewSignal(), NewSignal());
        world.Kinesis.BeforePut = async (_, _) =>
        {
            underWay.TrySetResult();
            await answered.Task;
        };
        var put = PutAsync(first);
        await underWay.Task.WaitAsync(Waiting.Long);
        await Waiting.UntilAsync(() => first.Node.Producer.OutstandingRecords > 0);
        var draining = first.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => !second.Node.Silos.Owners.Contains(first.Id));

        var drainingToo = second.Node.Drain.DrainAsync();
        await Waiting.UntilAsync(() => !first.Node.Silos.Owners.Contains(second.Id));
        Assert.False(draining.IsCompleted);

        answered.SetResult();
        await Task.WhenAll(draining, drainingToo).WaitAsync(Waiting.Long);
        Assert.All(await put.WaitAsync(Waiting.Long), static r => Assert.True(r.IsSuccess, r.ToString()));
    }

    /// <summary>They waited for their shards to move to each other, for as long as their stop leaves for moves.</summary>
    [Fact]
    public async Task Silos_ThatAllLeave_DoNotWaitForSomebodyToTakeTheirShards()
    {
        var log = new CapturedLog();
        await using var world = new NodeWorld(Shards, static o => (o.StopTimeout, o.DrainTimeout) = (TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(2)))
        {
            Loggers = log,
        };
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        await PutAsync(one).WaitAsync(Waiting.Long);
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

    private static Task<RecordResult[]> PutAsync(WorldSilo silo)
    {
        UserRecord[] records = [.. Enumerable.Range(0, 200).Select(static i => new UserRecord($"key-{i}", new byte[10]))];
        return silo.Node.Producer.PutAsync(NodeWorld.Stream, records).AsTask();
    }
}
