using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Tests.Resharding;

/// <remarks>Tests <see cref="Reshard"/> and <see cref="UniformScaling"/>.</remarks>
public sealed class ReshardLockTests
{
    /// <summary>Two reshards at once waited for each other for ever: each held its stream, and counted the shards of the other.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Start_WhileSomethingOfAnotherStreamIsDue_DoesNotHoldItsOwnForIt(bool isSplit)
    {
        LocalKinesisOptions options = new() { LimitModel = LimitModel.None, ArrivalJitter = TimeSpan.Zero };
        var store = new StreamStore(new(options, new(new FakeTimeProvider()), new(options.RetentionBytes, true, NullLogger.Instance)));
        var (own, other) = (Create("own"), Create("other"));
        bool? isHeld = null;
        other.Schedule(store.NowTicks, _ => isHeld = own.Lock.IsHeldByCurrentThread);

        if (isSplit)
            Reshard.Split(store, own, own.Shards[0].Id, 1_000);
        else
            UniformScaling.Start(store, own, 2);

        Assert.Equal((StreamStatus.Updating, (bool?)false), (own.Status, isHeld));

        KinesisStream Create(string name) => store.Create(name, 1, StreamMode.Provisioned, TimeSpan.Zero);
    }
}
