using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>The laws of an engine of an ordered stream whose shard stays.</summary>
public sealed class OrderedSendPolicyTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;

    private readonly EngineHarness _harness = new(static o => o.Ordered = OrderedMode.PutRecords);
    private readonly ShardEngine _engine;

    public OrderedSendPolicyTests() => _engine = _harness.NewEngine();

    [Fact]
    public void OneIsInFlight_AndTheNextTakesAllThatCameMeanwhile()
    {
        Send(1);
        _harness.Put(_engine, 2);
        _harness.Pass(500);
        _harness.Put(_engine, 3);
        _harness.Pass(500);
        Assert.Equal([[1]], _harness.SentNumbers);

        _harness.Sent[0].Release();

        Assert.Equal([[1], [2, 3]], _harness.SentNumbers);
    }

    [Fact]
    public void WhatFailed_GoesBeforeEverythingNewer_WhichWaitsWhileItBacksOff()
    {
        Send(1);
        _harness.Put(_engine, 2);
        var failed = _harness.Sent[0];
        failed.NotBefore = _harness.Clock.Now + 300 * Millisecond;

        Assert.True(_engine.TryTakeBack(failed));
        _harness.Pass(299);
        Assert.Equal([[1]], _harness.SentNumbers);
        _harness.Pass(1);
        Assert.Equal([[1], [1]], _harness.SentNumbers);
        failed.Release();

        Assert.Equal([[1], [1], [2]], _harness.SentNumbers);
    }

    [Fact]
    public void WhatIsTakenApart_StaysInItsPlace_WithoutWhatHasExpired()
    {
        _harness.Put(_engine, 1, ttl: TimeSpan.FromMilliseconds(200));
        Send(2);
        _harness.Put(_engine, 3);
        _harness.Pass(200);
        var sent = _harness.Sent[0];

        Assert.True(_engine.Order!.TryKeepInPlace(sent));

        Assert.Equal([1], _harness.Rerouted);
        Assert.Equal([2], _harness.SentNumbers[1]);
        _harness.Sent[1].Release();
        Assert.Equal([3], _harness.SentNumbers[2]);
    }

    [Fact]
    public void WhatIsNotInFlight_IsNotKept()
    {
        Send(1);
        var sent = _harness.Sent[0];
        Assert.True(_engine.TryTakeBack(sent));
        _harness.Sent[^1].Release();

        Assert.False(_engine.Order!.TryKeepInPlace(sent));
    }

    [Fact]
    public void Boundaries_DivideWhatIsHeld_InItsPlace()
    {
        var upper = EngineHarness.Upper.StartingHashKey;
        Send(0);
        _harness.Put(_engine, 1, upper);
        _harness.Put(_engine, 2, 0);
        _harness.Put(_engine, 3, upper);

        Assert.Empty(_engine.Cut(new Boundaries([upper])));
        _harness.Put(_engine, 4, 0);
        EndAll();

        Assert.Equal([1, 3], Order(1, 3));
        Assert.Equal([2, 4], Order(2, 4));
        Assert.All(_harness.SentNumbers, n => Assert.Single(n.Select(i => i % 2).Distinct()));
    }

    [Fact]
    public void TakeLarger_MakesSmallerWhatItCan_AndReturnsTheOthers()
    {
        Send(0);
        _harness.Put(_engine, 1, size: 30_000);
        _harness.Put(_engine, 2, size: 30_000);
        _harness.Put(_engine, 3, size: 80_000);
        _harness.Settings.SetMaxRecordBytes(50_000);

        var larger = _engine.TakeLarger(50_000);
        EndAll();

        Assert.Equal([3], larger.SelectMany(EngineHarness.Numbers));
        Assert.Equal([[0], [1], [2]], _harness.SentNumbers);
    }

    [Fact]
    public void Expired_AreSplitOff_TheOthersKeepTheirPlaces()
    {
        Send(0);
        _harness.Put(_engine, 1, ttl: TimeSpan.FromMilliseconds(300));
        _harness.Put(_engine, 2);
        _harness.Pass(400);
        EndAll();

        Assert.Equal([1], _harness.Rerouted);
        Assert.Equal([[0], [2]], _harness.SentNumbers);
    }

    [Fact]
    public void SequenceNumbers_HaveToRise()
    {
        Send(1);
        Assert.Null(_engine.Policy.OnTaken(EngineHarness.Whole.ShardId, "10"));
        Assert.Equal("10", _engine.Order!.Sending.SequenceNumberForOrdering);
        Assert.Equal("10", _engine.Policy.OnTaken(EngineHarness.Whole.ShardId, "9"));
        Assert.Null(_engine.Policy.OnTaken("shardId-000000000007", "1"));

        _engine.Order!.Sending.ForgetSequenceNumber();

        Assert.Null(_engine.Order!.Sending.SequenceNumberForOrdering);
    }

    [Fact]
    public void Quiet_IsWhenNothingIsInFlight()
    {
        Assert.True(_engine.Order!.QuietAsync().IsCompleted);
        Send(1);
        var quiet = _engine.Order!.QuietAsync();
        Assert.False(quiet.IsCompleted);

        _harness.Sent[0].Release();

        Assert.True(quiet.IsCompleted);
    }

    private void Send(int number)
    {
        _harness.Put(_engine, number);
        _harness.Pass(100);
    }

    /// <summary>Ends what is in flight, and what is sent then, until nothing is.</summary>
    private void EndAll()
    {
        for (var ended = 0; ended < _harness.Sent.Count; ended++)
        {
            _harness.Sent[ended].ReleaseMembers();
            _harness.Pass(200);
        }
    }

    private int[] Order(params int[] numbers) => [.. _harness.SentNumbers.SelectMany(n => n).Where(numbers.Contains)];
}
