namespace Orleans.Kpl.Pipeline.Tests.Road.Promising;

public sealed class FlushBarrierTests
{
    [Fact]
    public async Task Close_WaitsForWhatCameBeforeAndNotForWhatComesAfter()
    {
        var barrier = new FlushBarrier();
        var before = barrier.Enter(2);
        var flush = barrier.Close();
        var after = barrier.Enter(1);

        before.Leave(1);
        Assert.False(flush.IsCompleted);
        before.Leave(1);

        await flush;
        Assert.True(before.IsFlushing);
        Assert.False(after.IsFlushing);
    }

    [Fact]
    public async Task Close_Twice_TheSecondWaitsForTheFirstGenerationToo()
    {
        var barrier = new FlushBarrier();
        var first = barrier.Enter(1);
        var one = barrier.Close();
        var second = barrier.Enter(1);
        var two = barrier.Close();

        second.Leave(1);
        Assert.False(two.IsCompleted);
        first.Leave(1);

        await Task.WhenAll(one, two);
    }
}
