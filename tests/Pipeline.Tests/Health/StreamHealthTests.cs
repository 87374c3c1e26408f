using Orleans.Kpl.Pipeline.Health;

namespace Orleans.Kpl.Pipeline.Tests.Health;

/// <summary>
/// Kinesis counts as away from the second failed call in a row, or two seconds after a single one, until the next success; an idle stream reads its map
/// to see it.
/// </summary>
public sealed class StreamHealthTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    private readonly StreamHealth _health = new();
    private int _troubles;

    public StreamHealthTests() => _health.Troubled += () => _troubles++;

    [Fact]
    public void OneFailure_IsAnAccidentUntilNothingFollowsForTwoSeconds()
    {
        _health.PutFailed(5 * Second, RecordErrorCodes.ConnectionLost, "gone");
        Assert.Null(_health.Find(5 * Second));
        Assert.Null(_health.Find(7 * Second - 1));
        Assert.Equal(new Degradation(5 * Second, 1, RecordErrorCodes.ConnectionLost, "gone"), _health.Find(7 * Second));
        Assert.Equal(1, _troubles);
    }

    [Fact]
    public void TwoFailures_AreAStateSinceTheFirst_UntilTheNextSuccess()
    {
        _health.PutFailed(5 * Second, RecordErrorCodes.ConnectionLost, "gone");
        _health.PutFailed(6 * Second, RecordErrorCodes.ConnectionFailed, "refused");
        Assert.Equal(
            new Degradation(5 * Second, 2, RecordErrorCodes.ConnectionFailed, "refused") { StateCode = RecordErrorCodes.ConnectionLost },
            _health.Find(6 * Second));
        _health.PutTaken();
        Assert.Null(_health.Find(100 * Second));
        Assert.Null(_health.Trouble);
        _health.PutFailed(200 * Second, "InternalFailure", "oops");
        Assert.Null(_health.Find(200 * Second));
        Assert.Equal(2, _troubles);
    }

    /// <summary>The advice of the page changed with each failed call, where some were refused and some timed out.</summary>
    [Fact]
    public void StateCode_FlippedWithTheLastError()
    {
        for (var second = 1; second <= 30; second++)
            _health.PutFailed(second * Second, second % 3 == 1 ? RecordErrorCodes.ConnectionFailed : RecordErrorCodes.RequestTimeout, "x");
        Assert.Equal((RecordErrorCodes.ConnectionFailed, RecordErrorCodes.RequestTimeout), (_health.Find(30 * Second)!.StateCode, _health.Trouble!.Code));
        _health.PutFailed(37 * Second, "AccessDeniedException", "no");
        Assert.Equal(RecordErrorCodes.ConnectionFailed, _health.Find(37 * Second)!.StateCode);
        _health.PutFailed(38 * Second, "AccessDeniedException", "no");
        Assert.Equal("AccessDeniedException", _health.Find(38 * Second)!.StateCode);
    }

    [Theory]
    [InlineData("ProvisionedThroughputExceededException")]
    [InlineData("LimitExceededException")]
    [InlineData("ResourceNotFoundException")]
    [InlineData("ResourceInUseException")]
    [InlineData("ValidationException")]
    [InlineData("InvalidArgumentException")]
    [InlineData("HTTP 413")]
    public void AnAnswerOfAWorkingKinesis_EndsTheState(string code)
    {
        Fail(2, "InternalFailure");
        _health.PutFailed(3 * Second, code, "working");
        Assert.Null(_health.Find(100 * Second));
    }

    [Theory]
    [InlineData("ConnectionFailed")]
    [InlineData("RequestTimeout")]
    [InlineData("CredentialsUnavailable")]
    [InlineData("AccessDeniedException")]
    [InlineData("KMSDisabledException")]
    [InlineData("InternalFailure")]
    [InlineData("ServiceUnavailable")]
    [InlineData("HTTP 503")]
    [InlineData("SomethingNew")]
    public void WhateverKeepsRecordsOut_IsAway(string code)
    {
        Fail(2, code);
        Assert.Equal(code, _health.Find(2 * Second)?.Code);
    }

    /// <summary>Listing shards is another right and another part of the service.</summary>
    [Theory]
    [InlineData("ConnectionFailed", true)]
    [InlineData("ExpiredTokenException", true)]
    [InlineData("AccessDeniedException", false)]
    [InlineData("KMSDisabledException", false)]
    [InlineData("InternalFailure", false)]
    [InlineData("InternalFailure", true, true)]
    [InlineData("HTTP 503", true, true)]
    [InlineData("AccessDeniedException", false, true)]
    public void AMapThatCanBeRead_EndsOnlyWhatItDisproves(string code, bool ends, bool isIdle = false)
    {
        // An idle tier told for ever that Kinesis is away, after one InternalFailure.
        _health.IsIdle = () => isIdle;
        Fail(2, code);
        Assert.Equal(ends, _health.EndsByReading);
        _health.MapRead();
        Assert.Equal(ends, _health.Find(100 * Second) is null);
    }

    [Fact]
    public void AMapThatCannotBeRead_IsAStateUntilRecordsAreTaken()
    {
        _health.MapFailed(1 * Second, RecordErrorCodes.ConnectionFailed, "refused");
        _health.MapFailed(2 * Second, RecordErrorCodes.ConnectionFailed, "refused");
        Assert.False(_health.WasReached);
        Assert.NotNull(_health.Find(2 * Second));
        _health.PutTaken();
        Assert.True(_health.WasReached);
        Assert.Null(_health.Find(100 * Second));
    }

    [Fact]
    public void AMapThatMayNotBeRead_ShowsThatKinesisIsThere()
    {
        _health.MapFailed(1 * Second, "AccessDeniedException", "no");
        _health.MapFailed(2 * Second, "AccessDeniedException", "no");
        Assert.Null(_health.Find(100 * Second));
        Assert.True(_health.WasReached);
    }

    [Theory]
    [InlineData("ConnectionFailed", "ConnectionFailed")]
    [InlineData("HTTP 503", "HTTP 503")]
    [InlineData("<b>our proxy</b> says", "InvalidAnswer")]
    [InlineData("", "InvalidAnswer")]
    public void Shown_IsACodeAndNeverATextOfSomebodyElse(string code, string shown) => Assert.Equal(shown, AwayCodes.Shown(code));

    private void Fail(int times, string code)
    {
        for (var i = 1; i <= times; i++)
            _health.PutFailed(i * Second, code, "");
    }
}
