using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Tests.Backlog;
using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>A stream's manager stays where it is until its silo has drained, up to 90 seconds.</summary>
/// <remarks>Tests <see cref="StreamManager"/>.</remarks>
public sealed class LeavingManagerTests
{
    /// <summary>The operator read of an object that was disposed, as if the tier had a fault.</summary>
    [Fact]
    public async Task Requeue_OnASiloThatHasDrained_SaysThatItIsToBeAskedAgain_AndKeepsTheLetters()
    {
        await using var world = new NodeWorld(shards: 1, static o => o.DrainTimeout = TimeSpan.FromMilliseconds(200)) { Backlog = new SharedStores() };
        world.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "never", 400);
        var silo = await world.StartAsync();
        await silo.PersistAsync(1);
        await Waiting.UntilAsync(async () => (await world.Managers.CallAsync(NodeWorld.Stream, static m => m.BacklogAsync())).DeadLetters == 1);
        await silo.Node.StopAsync();

        var error = await Assert.ThrowsAsync<StreamManagerException>(
            () => world.Managers.CallAsync(NodeWorld.Stream, static m => m.RequeueAsync(null)).WaitAsync(Waiting.Long));

        Assert.Equal(StreamManagerErrorCodes.StateUnavailable, error.Code);
        Assert.Equal("none of 1 dead letters is in the backlog again; requeue them later, because the silo that manages the stream is leaving", error.Message);
        Assert.Single(await world.Managers.CallAsync(NodeWorld.Stream, static m => m.LettersAsync(0, 10)));
    }
}
