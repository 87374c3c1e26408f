using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Silos.Tests.Links;

public sealed class ForwardedMemoryTests
{
    [Fact]
    public void AStreamThatIsStuck_LeavesTheOthersHalf()
    {
        var memory = new ForwardedMemory(1_000, 0);
        var (stuck, other) = (memory.Of("stuck"), memory.Of("other"));

        Assert.Equal(5, Fill(stuck));
        Assert.Equal(5, Fill(other));
        Assert.Equal((5, 500), memory.HeldBy("stuck"));
        Assert.Equal((5, 500), memory.HeldBy("other"));
        Assert.Equal((0, 0), memory.HeldBy("a third"));

        stuck.Release(100, 1);
        Assert.False(ForwardedMemory.TryReserve(other, 100, 1));
        Assert.True(ForwardedMemory.TryReserve(memory.Of("stuck"), 100, 1));
    }

    [Fact]
    public void AStreamThatIsAlone_HasAll()
    {
        var memory = new ForwardedMemory(1_000, 0);
        Assert.Equal(10, Fill(memory.Of("events")));
    }

    /// <summary>A frame of more than its share is let in where nothing else of its stream is there, so that it is never stuck.</summary>
    [Fact]
    public void AFrameOfMoreThanHalf_IsLetInAlone()
    {
        var memory = new ForwardedMemory(1_000, 0);
        _ = memory.Of("other");
        Assert.True(ForwardedMemory.TryReserve(memory.Of("events"), 900, 1));
        Assert.False(ForwardedMemory.TryReserve(memory.Of("events"), 10, 1));
    }

    private static int Fill(MemoryLimit limits)
    {
        var frames = 0;
        while (ForwardedMemory.TryReserve(limits, 100, 1))
            frames++;
        return frames;
    }
}
