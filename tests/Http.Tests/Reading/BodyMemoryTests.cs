using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <summary>The memory of bodies, buffers that are idle included, stays within its limit.</summary>
public sealed class BodyMemoryTests
{
    private const int Mebi = 1 << 20;

    /// <summary>A burst of refused requests must not make garbage of as many buffers.</summary>
    [Fact]
    public void TryGrow_WithoutMemory_MakesNoBuffer()
    {
        var memory = new BodyMemory(8 * Mebi);
        var other = memory.TryGrow(null, 0, 8 * Mebi)!;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Assert.Null(memory.TryGrow(null, 0, Mebi));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Mebi);
        Assert.Equal(8 * Mebi, memory.Bytes);
        memory.Return(other);
        Assert.Equal(0, memory.Bytes);
    }

    /// <summary>Who has proved nothing must not take the memory of those who have.</summary>
    [Fact]
    public void TryGrow_ForStrangers_LeavesHalfToOthers()
    {
        var memory = new BodyMemory(8 * Mebi);
        var stranger = memory.TryGrow(null, 0, 3 * Mebi, "a")!; // it has 4 MiB
        Assert.Null(memory.TryGrow(null, 0, Mebi, "b"));
        var known = memory.TryGrow(null, 0, 4 * Mebi)!;
        Assert.Null(memory.TryGrow(null, 0, Mebi));

        memory.Return(known);
        Assert.Null(memory.TryGrow(null, 0, Mebi, "b"));
        memory.Return(stranger, "a");
        known = memory.TryGrow(null, 0, 7 * Mebi)!; // all
        Assert.Null(memory.TryGrow(null, 0, Mebi, "b"));
        memory.Return(known);
        Assert.NotNull(memory.TryGrow(null, 0, 4 * Mebi, "b"));
        Assert.Equal(4 * Mebi, memory.Bytes);
    }

    /// <summary>Whoever knows the name of one identity must not take the memory of all that have proved nothing yet.</summary>
    [Fact]
    public void TryGrow_ForStrangersUnderOneName_LeavesAQuarterToThoseUnderOthers()
    {
        var memory = new BodyMemory(8 * Mebi);
        var first = memory.TryGrow(null, 0, Mebi, "a")!;
        var second = memory.TryGrow(null, 0, Mebi, "a")!;
        Assert.Null(memory.TryGrow(null, 0, Mebi, "a"));
        Assert.Null(memory.TryGrow(first, 0, 2 * Mebi, "a"));
        Assert.NotNull(memory.TryGrow(null, 0, 2 * Mebi, "b"));
        Assert.Null(memory.TryGrow(null, 0, Mebi, "c"));

        memory.Acquit("a", first.Length); // it was proved, and is held as before
        memory.Return(first);
        Assert.NotNull(memory.TryGrow(null, 0, Mebi, "a"));
        memory.Return(second, "a");
        Assert.Equal(3 * Mebi, memory.Bytes);
    }

    [Fact]
    public void Buffers_ThatAreIdle_AreKeptWithinTheLimit_WhateverSizesThereWere()
    {
        var memory = new BodyMemory(16 * Mebi);
        for (var size = 128 << 10; size <= 16 * Mebi; size *= 2)
        {
            var rented = new List<byte[]>();
            while (memory.TryGrow(null, 0, size) is { } buffer)
                rented.Add(buffer);
            Assert.InRange(memory.Bytes + memory.IdleBytes, 16 * Mebi, 16 * Mebi);
            rented.ForEach(buffer => memory.Return(buffer));
            Assert.Equal((0, 16 * Mebi), (memory.Bytes, memory.IdleBytes));
        }
    }

    [Fact]
    public void Buffer_ThatWasGivenBack_IsUsedAgain()
    {
        var memory = new BodyMemory(16 * Mebi);
        var first = memory.TryGrow(null, 0, Mebi)!;
        first[0] = 7;
        var larger = memory.TryGrow(first, 1, Mebi + 1)!;
        Assert.Equal((2 * Mebi, 7), (larger.Length, larger[0]));
        Assert.Equal((2 * Mebi, Mebi), (memory.Bytes, memory.IdleBytes));
        Assert.Same(first, memory.TryGrow(null, 0, Mebi));
        Assert.Equal(0, memory.IdleBytes);
    }

    [Fact]
    public void Body_ThatIsAlone_PassesTheLimit()
    {
        var memory = new BodyMemory(Mebi);
        var alone = memory.TryGrow(null, 0, 4 * Mebi)!;
        Assert.Null(memory.TryGrow(null, 0, 16));
        memory.Return(alone);
        Assert.Equal((0, 0), (memory.Bytes, memory.IdleBytes));
    }
}
