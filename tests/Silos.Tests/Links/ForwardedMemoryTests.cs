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
        Assert.False(other.TryReserve(100, 1, ForwardedMemory.Silos));
        Assert.True(memory.Of("stuck").TryReserve(100, 1, ForwardedMemory.Silos));
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
        Assert.True(memory.Of("events").TryReserve(900, 1, ForwardedMemory.Silos));
        Assert.False(memory.Of("events").TryReserve(10, 1, ForwardedMemory.Silos));
    }

    private static int Fill(MemoryLimit limits)
    {
        var frames = 0;
        while (limits.TryReserve(100, 1, ForwardedMemory.Silos))
            frames++;
        return frames;
    }
}
