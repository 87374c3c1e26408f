using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>Anybody who may put can name streams that do not exist, and each name has a manager for a while.</summary>
/// <remarks>Tests <see cref="Scaling.Running.LoadReader"/>.</remarks>
public sealed class MadeUpNamesTests
{
    private const int Names = 20;

    /// <summary>The manager of each name asked all silos for the loads every eight minutes, for ever.</summary>
    [Fact]
    public async Task AManager_OfAStreamThatDoesNotExist_AsksNoSiloForItsLoads_UntilItsShardsWereRead()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 2) { Time = time };
        world.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no such stream", 400);
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        var puts = Enumerable.Range(0, Names).Select(i => PutAsync(silos[i % 2], NameOf(i))).ToList();
        // A grain does this when a call activates it.
        await Task.WhenAll(Enumerable.Range(0, Names).Select(i => world.Managers.WakeAsync(NameOf(i)))).WaitAsync(Waiting.Long);
        var until = time.GetUtcNow().AddMinutes(30);
        await PassUntilAsync(() => time.GetUtcNow() >= until);
        await PassUntilAsync(() => puts.TrueForAll(static p => p.IsCompleted));
        Assert.All(await Task.WhenAll(puts), static r => Assert.False(r.IsSuccess));
        Assert.Empty(world.LoadsAsked);

        world.Kinesis.BeforeList = static _ => ValueTask.CompletedTask;
        // Each look at it takes five seconds of this clock, and a busy machine needs many.
        var put = PutAsync(silos[0], NameOf(0), new PutOptions { TimeToLive = TimeSpan.FromDays(1) });
        await PassUntilAsync(() => put.IsCompleted);
        Assert.True((await put).IsSuccess);
        await PassUntilAsync(() => world.LoadsAsked.Count >= silos.Length);
        Assert.All(world.LoadsAsked, static s => Assert.Equal(NameOf(0), s));

        Task PassUntilAsync(Func<bool> isSo) => time.PassUntilAsync(isSo, TimeSpan.FromSeconds(5));
    }

    private static string NameOf(int number) => $"made-up-{number}";

    private static Task<RecordResult> PutAsync(WorldSilo silo, string stream, PutOptions? options = null) =>
        silo.Node.Producer.PutAsync(stream, UserRecord.FromText("key", "text"), options).AsTask();
}
