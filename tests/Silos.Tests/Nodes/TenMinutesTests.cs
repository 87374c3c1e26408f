using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Silos under their own limit: a stream that nobody has used for ten minutes closes in all of them, no sooner, and comes back by itself.</summary>
public sealed class TenMinutesTests
{
    private const int Shards = 8, Records = 100;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task AStream_ClosesAfterTenMinutes_AndTheNextPutOpensItAgain()
    {
        var world = new NodeWorld(Shards) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        await PutAsync(silos[0], 0);
        await PassAsync(TimeSpan.FromMinutes(9));
        Assert.All(silos, static s => Assert.NotNull(s.Node.Producer.Find(NodeWorld.Stream)));
        Assert.Equal(Shards, silos.Sum(static s => s.Node.Hosted.Count));

        var before = _time.GetTimestamp();
        await PassUntilAsync(() => silos.All(IsClosed), TimeSpan.FromSeconds(1));
        // A stream is looked at a few times within its limit. Time goes on while threads are held up, so this says no more than that it was not late by far.
        Assert.InRange(_time.GetElapsedTime(before), TimeSpan.Zero, StreamIdling.Limit);

        await PutAsync(silos[1], Records);
        Assert.Equal(Shards, silos.Sum(static s => s.Node.Hosted.Count));
        Assert.Equal(2 * Records, silos.Sum(static s => s.Node.Producer.ReadLedger().Delivered));
        Assert.Equal(2 * Records, world.Kinesis.Records.Count(static r => r.VisibleToKcl));
        await PassUntilAsync(world.DisposeAsync().AsTask(), TimeSpan.FromMilliseconds(100));
    }

    private async Task PutAsync(WorldSilo silo, int first)
    {
        UserRecord[] records = [.. Enumerable.Range(first, Records).Select(static i => UserRecord.FromText($"key-{i}", "x"))];
        var put = silo.Node.Producer.PutAsync(NodeWorld.Stream, records).AsTask();
        await PassUntilAsync(put, TimeSpan.FromMilliseconds(5));
        Assert.All(await put, static r => Assert.True(r.IsSuccess, r.ToString()));
    }

    private Task PassAsync(TimeSpan span)
    {
        var end = _time.GetTimestamp() + span.Ticks;
        return PassUntilAsync(() => _time.GetTimestamp() >= end, TimeSpan.FromSeconds(5));
    }

    private async Task PassUntilAsync(Task task, TimeSpan step)
    {
        await PassUntilAsync(() => task.IsCompleted, step);
        await task;
    }

    /// <summary>Time moves on in small steps; what it wakes runs on threads of its own, and is given time for it.</summary>
    private Task PassUntilAsync(Func<bool> isSo, TimeSpan step) => Waiting.UntilAsync(() =>
    {
        _time.Advance(step);
        return isSo();
    });

    private static bool IsClosed(WorldSilo silo) =>
        silo.Node.Producer.Find(NodeWorld.Stream) is null && silo.Node.Producer.OwnersOf(NodeWorld.Stream) is null && silo.Node.Hosted.Count == 0;
}
