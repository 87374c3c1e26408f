using Orleans.Kpl.Lanes.Messages;

namespace Orleans.Kpl.Lanes.Tests.Messages;

public sealed class ReturnedQueuesTests
{
    private static readonly (UInt128 First, UInt128 Last) Hot = (0, 9), Other = (10, 19);

    private readonly ReturnedQueues _queues = new();

    /// <summary>All shards had one queue: what was for a shard that had room again waited behind what was for one that had not.</summary>
    [Fact]
    public void OneMessageOfAShard_IsUnderWay_AndHoldsUpNoOtherShard()
    {
        var (first, second, other) = (Returned(Hot), Returned(Hot), Returned(Other));
        _queues.Add(first, 5);
        _queues.Add(second, 6);
        _queues.Add(other, 8);
        Assert.Null(_queues.TryTake(4, out var nextAt));
        Assert.Equal(5, nextAt);
        Assert.Same(first, _queues.TryTake(7, out _));
        Assert.Null(_queues.TryTake(7, out nextAt));
        Assert.Equal(8, nextAt);
        Assert.Same(other, _queues.TryTake(8, out _));
        _queues.Ended(first, 9);
        Assert.Null(_queues.TryTake(8, out nextAt));
        Assert.Equal(9, nextAt);
        Assert.Same(second, _queues.TryTake(9, out nextAt));
        Assert.Equal((0, long.MaxValue), (_queues.Count, nextAt));
    }

    [Fact]
    public void WhatIsBehindAMessageThatComesBackAgain_WaitsAsLong()
    {
        var (first, second) = (Returned(Hot), Returned(Hot));
        _queues.Add(first, 5);
        _queues.Add(second, 5);
        Assert.Same(first, _queues.TryTake(5, out _));
        _queues.Ended(first, 6);
        _queues.Add(first.Of([0], Hot), 20);

        Assert.Null(_queues.TryTake(19, out var nextAt));
        Assert.Equal(20, nextAt);
        Assert.Same(second, _queues.TryTake(20, out _));
    }

    [Fact]
    public void WhatExpires_IsTakenOut_AndHoldsUpNothing()
    {
        var (early, late) = (Returned(Hot, expiresAt: 10), Returned(Hot, expiresAt: 30));
        _queues.Add(early, 5);
        _queues.Add(late, 5);
        List<OutgoingMessage> expired = [];
        _queues.TakeExpired(10, expired);
        Assert.Same(early, Assert.Single(expired));
        Assert.Same(late, _queues.TryTake(10, out _));
        _queues.Ended(late, 11);
        _queues.Add(Returned(Hot), 12);
        Assert.NotNull(_queues.TryTake(12, out _));
    }

    private static OutgoingMessage Returned((UInt128 First, UInt128 Last) shard, long expiresAt = 100) => Numbered.Message(expiresAt).Of([0], shard);
}
