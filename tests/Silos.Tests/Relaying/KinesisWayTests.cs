using System.Net;
using Orleans.Kpl.Silos.Relaying;

namespace Orleans.Kpl.Silos.Tests.Relaying;

/// <summary>When a silo's own way to Kinesis counts as broken, when it is tried again, and which other silos are asked meanwhile.</summary>
public sealed class KinesisWayTests
{
    private static readonly SiloId Other = new(IPAddress.Loopback, 1, 1);

    private readonly FakeTimeProvider _time = new();
    private readonly KinesisWay _way;

    public KinesisWayTests() => _way = new KinesisWay(_time);

    [Fact]
    public void Fail_Once_IsAnAccident_AndTwiceInARowAState()
    {
        Assert.False(_way.Fail());
        Assert.True(_way.GoesStraight());
        Assert.False(_way.Reach());
        Assert.False(_way.Fail());
        Assert.Null(_way.RelayedSince);
        Assert.True(_way.Fail());
        Assert.Equal(_time.GetUtcNow(), _way.RelayedSince);
        Assert.False(_way.GoesStraight());
        Assert.False(_way.Fail());
    }

    /// <summary>Each such call may hang: with the small ones that pass where large ones do not, half of all would.</summary>
    [Fact]
    public void GoesStraight_OneCallAtATime_EachAfterALongerTime()
    {
        Break();
        foreach (var seconds in (int[])[5, 10, 20, 40, 60, 60])
        {
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.False(_way.GoesStraight());
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.True(_way.GoesStraight());
            Assert.False(_way.GoesStraight());
            _way.Fail();
        }

        Assert.True(_way.Reach());
        Break();
        _time.Advance(KinesisWay.TryAtLatest - TimeSpan.FromTicks(1));
        Assert.False(_way.GoesStraight());
        _way.Reach();
        _time.Advance(KinesisWay.TryAtLatest);
        Break();
        _time.Advance(KinesisWay.TryAfter);
        Assert.True(_way.GoesStraight());
    }

    [Fact]
    public void RelayedSince_AfterAMinuteWithoutACall_IsNothing()
    {
        Break();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_way.GoesStraight());
        _time.Advance(KinesisWay.TryAtLatest - TimeSpan.FromTicks(1));
        Assert.NotNull(_way.RelayedSince);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(_way.RelayedSince);
    }

    /// <summary>One slow answer left a silo out, and where it was the only one, calls went where they hang.</summary>
    [Fact]
    public void MayAsk_ASiloThatDidNotAnswerTwiceInARow_AfterFiveSeconds()
    {
        _way.NotAnswered(Other);
        Assert.True(_way.MayAsk(Other));
        _way.Answered(Other);
        _way.NotAnswered(Other);
        Assert.True(_way.MayAsk(Other));
        _way.NotAnswered(Other);
        AssertLeftOut();
    }

    [Fact]
    public void MayAsk_ASiloThatDoesNotReachKinesisEither_AfterFiveSeconds_OrOnceThisOneDid()
    {
        _way.NotReached(Other);
        AssertLeftOut();
        _way.NotReached(Other);
        Break();
        _way.Reach();
        Assert.True(_way.MayAsk(Other));
    }

    private void AssertLeftOut()
    {
        Assert.False(_way.MayAsk(Other));
        _time.Advance(KinesisWay.LeftOut - TimeSpan.FromTicks(1));
        Assert.False(_way.MayAsk(Other));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(_way.MayAsk(Other));
    }

    private void Break()
    {
        _way.Fail();
        _way.Fail();
    }
}
