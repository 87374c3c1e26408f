using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <summary>The memory of bodies, buffers that are idle included, stays within its limit.</summary>
public sealed class BodyMemoryTests
{
    private const int Mebi = 1 << 20;

    private readonly FakeTimeProvider _time = new();
    private readonly List<StrangerBody> _ended = [];

    /// <summary>A burst of refused requests must not make garbage of as many buffers.</summary>
    [Fact]
    public void TryGrow_WithoutMemory_MakesNoBuffer()
    {
        var memory = new BodyMemory(8 * Mebi, _time);
        var other = memory.TryGrow(null, 0, 8 * Mebi)!;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Assert.Null(memory.TryGrow(null, 0, Mebi));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Mebi);
        Assert.Equal(8 * Mebi, memory.Bytes);
        memory.Return(other);
        Assert.Equal(0, memory.Bytes);
    }

    /// <summary>Streams of lines that nobody reads the results of must not take the memory of all other requests.</summary>
    [Fact]
    public void TryGrow_ThatIsNotNeeded_LeavesHalfToOthers()
    {
        var memory = new BodyMemory(8 * Mebi, _time);
        Assert.NotNull(memory.TryGrow(null, 0, 4 * Mebi, isNeeded: false));
        Assert.Null(memory.TryGrow(null, 0, Mebi, isNeeded: false));

        Assert.NotNull(memory.TryGrow(null, 0, 4 * Mebi));
    }

    /// <summary>Who has proved nothing must not take the memory of those who have.</summary>
    [Fact]
    public void TryGrow_ForStrangers_LeavesHalfToOthers()
    {
        var memory = new BodyMemory(8 * Mebi, _time);
        var a = NamedBody("a");
        var stranger = memory.TryGrow(null, 0, 3 * Mebi, a)!; // it has 4 MiB
        Assert.Null(memory.TryGrow(null, 0, Mebi, NamedBody("b")));
        var known = memory.TryGrow(null, 0, 4 * Mebi)!;
        Assert.Null(memory.TryGrow(null, 0, Mebi));

        memory.Return(known);
        Assert.Null(memory.TryGrow(null, 0, Mebi, NamedBody("b")));
        memory.Return(stranger, a);
        known = memory.TryGrow(null, 0, 7 * Mebi)!; // all
        Assert.Null(memory.TryGrow(null, 0, Mebi, NamedBody("b")));
        memory.Return(known);
        Assert.NotNull(memory.TryGrow(null, 0, 4 * Mebi, NamedBody("b")));
        Assert.Equal(4 * Mebi, memory.Bytes);
    }

    /// <summary>Whoever knows the name of one identity must not take the memory of all that have proved nothing yet.</summary>
    [Fact]
    public void TryGrow_ForStrangersUnderOneName_LeavesAQuarterToThoseUnderOthers()
    {
        var memory = new BodyMemory(8 * Mebi, _time);
        var (one, other) = (NamedBody("a"), NamedBody("a"));
        var first = memory.TryGrow(null, 0, Mebi, one)!;
        var second = memory.TryGrow(null, 0, Mebi, other)!;
        Assert.Null(memory.TryGrow(null, 0, Mebi, NamedBody("a")));
        Assert.Null(memory.TryGrow(first, 0, 2 * Mebi, one));
        Assert.NotNull(memory.TryGrow(null, 0, 2 * Mebi, NamedBody("b")));
        Assert.Null(memory.TryGrow(null, 0, Mebi, NamedBody("c")));

        memory.Acquit(one); // it was proved, and is held as before
        memory.Return(first);
        Assert.NotNull(memory.TryGrow(null, 0, Mebi, NamedBody("a")));
        memory.Return(second, other);
        Assert.Equal(3 * Mebi, memory.Bytes);
    }

    /// <summary>Whoever knew two names held all that strangers may have, for as long as a body may take.</summary>
    [Fact]
    public void TryGrow_ForAStranger_EndsTheOldestThatHaveHadTime_WhomeverTheyName()
    {
        var memory = new BodyMemory(8 * Mebi, _time);
        var (a, b, later) = (NamedBody("a"), NamedBody("b"), NamedBody("b"));
        var first = memory.TryGrow(null, 0, 2 * Mebi, a)!;
        var second = memory.TryGrow(null, 0, Mebi, b)!;
        _time.Advance(StrangerMemory.Patience - TimeSpan.FromMilliseconds(1));
        var third = memory.TryGrow(null, 0, Mebi, later)!;
        Assert.Null(memory.TryGrow(null, 0, Mebi, NamedBody("c")));
        Assert.Empty(_ended);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        var mine = NamedBody("c");
        var half = memory.TryGrow(null, 0, Mebi, mine)!;
        Assert.Equal([a], _ended);
        Assert.Null(memory.TryGrow(first, 0, 4 * Mebi, a)); // it gets no more, and goes
        memory.Return(first, a);
        Assert.NotNull(memory.TryGrow(half, 0, 2 * Mebi, mine));
        Assert.Equal([a], _ended);

        // Its own name is full: nobody else makes room for that.
        Assert.NotNull(memory.TryGrow(null, 0, Mebi, NamedBody("b")));
        Assert.Equal([a, b], _ended);
        memory.Return(second, b);
        memory.Return(third, later);
        Assert.Equal(3 * Mebi, memory.Bytes);
    }

    [Fact]
    public void Buffers_ThatAreIdle_AreKeptWithinTheLimit_WhateverSizesThereWere()
    {
        var memory = new BodyMemory(16 * Mebi, _time);
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
        var memory = new BodyMemory(16 * Mebi, _time);
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
        var memory = new BodyMemory(Mebi, _time);
        var alone = memory.TryGrow(null, 0, 4 * Mebi)!;
        Assert.Null(memory.TryGrow(null, 0, 16));
        memory.Return(alone);
        Assert.Equal((0, 0), (memory.Bytes, memory.IdleBytes));
    }

    private StrangerBody NamedBody(string name)
    {
        StrangerBody? body = null;
        return body = new StrangerBody(name, () => _ended.Add(body!));
    }
}
