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

    /// <summary>
    /// Small frames of other silos leave it no such room: it would be sent again until it expires, and four of them keep all else from the owner. There is one
    /// at a time, and none for a stream that has its half.
    /// </summary>
    [Fact]
    public void ALargeRecord_GoesBeyondALimitThatIsNotPassed()
    {
        const int large = 100_000;
        var memory = new ForwardedMemory(2 * large, 0);
        var (stream, other) = (memory.Of("events"), memory.Of("other"));
        Assert.True(ForwardedMemory.TryReserve(stream, 100, 1));

        Assert.True(ForwardedMemory.TryReserve(stream, large, 1));
        Assert.False(ForwardedMemory.TryReserve(stream, large, 1));
        Assert.False(ForwardedMemory.TryReserve(stream, 1, 1));
        Assert.True(ForwardedMemory.TryReserve(other, large - 100, 1));
        Assert.True(ForwardedMemory.TryReserve(other, large, 1));
        Assert.False(ForwardedMemory.TryReserve(other, large, 1));

        stream.Release(100, 1);
        stream.Release(large, 1);
        other.Release(large - 100, 1);
        Assert.Equal((1, large), memory.HeldBy("other"));
        // Many records in one frame can come in smaller ones.
        Assert.False(ForwardedMemory.TryReserve(other, 2 * large, 2));
        Assert.Equal((1, large), memory.HeldBy("other"));
    }

    private static int Fill(MemoryLimit limits)
    {
        var frames = 0;
        while (limits.TryReserve(100, 1, ForwardedMemory.Silos))
            frames++;
        return frames;
    }
}
