using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Relaying;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Relaying;

/// <summary>A manager whose silo does not reach Kinesis is asked for a change.</summary>
/// <remarks>Tests <see cref="MovingControl"/>.</remarks>
public sealed class MovingControlTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Change_ThatFailsOnTheWayTwice_MovesTheManagerToASiloThatReachesKinesis()
    {
        await using var world = new NodeWorld(shards: 2) { Time = _time };
        var (blind, other, seeing) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        var (moves, manager) = NewManager(blind);
        (blind.ReachesKinesis, other.ReachesKinesis) = (false, false);

        Assert.DoesNotContain("moves", await WhyNotAsync(world, manager), StringComparison.Ordinal);
        Assert.Empty(moves);
        Assert.Contains($"The stream's manager moves to silo {seeing.Id}", await WhyNotAsync(world, manager), StringComparison.Ordinal);
        await WhyNotAsync(world, manager);

        Assert.Equal([seeing.Id], moves);
    }

    [Fact]
    public async Task Change_WhereNoSiloReachesKinesis_LeavesTheManagerWhereItIs()
    {
        await using var world = new NodeWorld(shards: 2) { Time = _time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        var (moves, manager) = NewManager(silos[0]);
        foreach (var silo in silos)
            silo.ReachesKinesis = false;

        for (var i = 0; i < 4; i++)
            await WhyNotAsync(world, manager);

        Assert.Empty(moves);
    }

    private static (List<SiloId> Moves, StreamManager Manager) NewManager(WorldSilo silo)
    {
        List<SiloId> moves = [];
        return (moves, silo.Node.NewManager(NodeWorld.Stream, static () => { }, moves.Add));
    }

    private static async Task<string> WhyNotAsync(NodeWorld world, StreamManager manager)
    {
        var asked = manager.Admin.Capacity.ChangeAsync(new CapacityChange { OnDemand = true }, Never);
        await world.PassAsync(Task.WhenAny(asked));
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => asked);
        Assert.Equal(RecordErrorCodes.ConnectionFailed, error.Code);
        return error.Message;
    }
}
