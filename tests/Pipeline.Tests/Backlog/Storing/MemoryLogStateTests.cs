using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

/// <summary>The log that simulations rest on keeps what every log promises.</summary>
public sealed class MemoryLogStateTests
{
    [Fact]
    public void Open_ByAnother_FencesTheFormerOwner()
    {
        var state = new MemoryLogState();
        var former = state.Open().Owner;
        state.Append(former, 0, "first"u8);
        var next = state.Open().Owner;

        Assert.Throws<BacklogFencedException>(() => state.Append(former, 1, "late"u8));
        Assert.Throws<BacklogFencedException>(() => state.Save(former, "late"u8));
        Assert.Throws<BacklogFencedException>(() => state.Remove(former, [0]));
        Assert.Throws<BacklogFencedException>(() => state.SetAside(former, 0));
        Assert.Equal([0L], state.Segments().Keys);
        state.Append(next, 1, "second"u8);
        Assert.Equal([0L, 1L], state.Segments().Keys.Order());
    }

    [Fact]
    public void Append_OfTheSameBytesAgain_ChangesNothing_OfOthersIsRefused()
    {
        var state = new MemoryLogState();
        var owner = state.Open().Owner;
        state.Append(owner, 0, "bytes"u8);

        state.Append(owner, 0, "bytes"u8);

        Assert.Equal(1, state.AppendCount);
        Assert.Throws<BacklogFencedException>(() => state.Append(owner, 0, "other"u8));
        Assert.Equal("bytes"u8.ToArray(), state.Read(0));
    }

    [Fact]
    public void Open_AfterSegmentsWereRemoved_UsesNoNumberTwice()
    {
        var state = new MemoryLogState();
        var owner = state.Open().Owner;
        state.Append(owner, 0, "a"u8);
        state.Append(owner, 1, "bb"u8);
        state.Remove(owner, [1]);

        var opened = state.Open();

        Assert.Equal(2, opened.Next);
        Assert.Equal([new SegmentEntry(0, 1)], opened.Found);
        Assert.False(state.IsEmpty);
    }

    [Fact]
    public void SetAside_TakesASegmentOutOfTheLogAndKeepsItsBytes()
    {
        var state = new MemoryLogState();
        var owner = state.Open().Owner;
        state.Append(owner, 0, "odd"u8);

        state.SetAside(owner, 0);

        Assert.True(state.IsEmpty);
        Assert.Null(state.Read(0));
        Assert.Equal("odd"u8.ToArray(), state.SetAside()[0]);
    }
}
