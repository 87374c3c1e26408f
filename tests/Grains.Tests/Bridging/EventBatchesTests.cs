using Orleans.Kpl.Grains.Bridging;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Bridging;

public sealed class EventBatchesTests
{
    [Fact]
    public void Of_EventsOfOneNumber_AreOneBatch() => Assert.Equal(
        [[1, 2], [3], [4, 5]], EventBatches.Of([Item(1, 7, 0), Item(2, 7, 1), Item(3, 8, 0), Item(4, 9, 0), Item(5, 9, 1)]));

    /// <summary>A receiver that began anew counts from its first number again.</summary>
    [Fact]
    public void Of_TheSameNumberFromItsBeginning_AreTwoBatches() =>
        Assert.Equal([[1], [2], [3, 4]], EventBatches.Of([Item(1, 7, 0), Item(2, 7, 0), Item(3, 7, 0), Item(4, 7, 1)]));

    [Fact]
    public void Of_EventsWithoutTokens_AreEachABatch() =>
        Assert.Equal([[1], [2]], EventBatches.Of([new SequentialItem<object>(1, null!), new SequentialItem<object>(2, null!)]));

    [Fact]
    public void Of_Nothing_IsNothing() => Assert.Empty(EventBatches.Of([]));

    private static SequentialItem<object> Item(int value, long number, int index) => new(value, new EventSequenceTokenV2(number, index));
}
