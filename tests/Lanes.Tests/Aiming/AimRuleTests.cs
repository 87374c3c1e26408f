using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Tests.Aiming;

/// <summary>When a stream aims.</summary>
/// <remarks>Tests <see cref="AimRule"/>.</remarks>
public sealed class AimRuleTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly AimRule _rule;

    public AimRuleTests() => _rule = new AimRule(AimLimits.Default, new MonotonicClock(_time));

    /// <summary>10,000 quiet clients on 64 silos would send a message for each record to each silo: the front is their combiner.</summary>
    [Theory]
    [InlineData(128, 2, false)]
    [InlineData(129, 2, true)]
    [InlineData(4_096, 64, false)]
    [InlineData(4_097, 64, true)]
    [InlineData(1_000_000, 1, false)]
    public void Aiming_BeginsAbove64RecordsASilo_WhereThereAreSeveral(int records, int silos, bool isOn)
    {
        _rule.Count(records, silos);

        Assert.Equal(isOn, _rule.IsOn);
    }

    [Theory]
    [InlineData(48, true)]
    [InlineData(47, false)]
    public void Aiming_EndsBelow16RecordsASilo(int records, bool isOn)
    {
        _rule.Count(1_000, silos: 3);
        _rule.Count(records, silos: 3);

        Assert.Equal(isOn, _rule.IsOn);
    }

    [Fact]
    public void WrongAims_ManyInARow_EndItForAWhile()
    {
        _rule.Count(1_000, silos: 3);
        Answer(7, elsewhere: 60);
        Answer(1, elsewhere: 50);
        Answer(7, elsewhere: 60);
        Assert.True(_rule.IsOn);

        Answer(1, elsewhere: 60);
        Assert.False(_rule.IsOn);

        _time.Advance(TimeSpan.FromTicks((TimeSpan.TicksPerSecond * 10) - 1));
        _rule.Count(1_000, silos: 3);
        Assert.False(_rule.IsOn);
        _time.Advance(TimeSpan.FromTicks(1));
        _rule.Count(1_000, silos: 3);
        Assert.True(_rule.IsOn);
    }

    private void Answer(int times, int elsewhere)
    {
        for (var i = 0; i < times; i++)
            _rule.Answered(records: 100, elsewhere);
    }
}
