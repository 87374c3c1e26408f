namespace Orleans.Kpl.Abstractions.Tests.Producing;

/// <summary>A silo stops within its StopTimeout, whichever silo or table does not answer; moves never take the time of records.</summary>
public sealed class StopBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(0, 45, 30)]
    [InlineData(45, 0, 30)]
    [InlineData(60, 0, 15)]
    [InlineData(80, 0, 0)]
    [InlineData(10, 35, 30)]
    public void Parts_WhenTimeHasPassed_TakeWhatIsLeft(int passed, int moves, int records)
    {
        var budget = Begin(90, 30);
        _time.Advance(Seconds(passed));
        Assert.Equal((Seconds(moves), Seconds(records)), (budget.ForMoves, budget.ForRecords));
    }

    [Fact]
    public void Left_WhenAllHasPassed_IsNotNegative()
    {
        var budget = Begin(90, 30);
        _time.Advance(Seconds(100));
        Assert.Equal(Enumerable.Repeat(TimeSpan.Zero, 4), [budget.Left, budget.ForMoves, budget.ForRecords, budget.ForEnd(Seconds(5))]);
    }

    /// <summary>A store that is away takes a quarter of the end at most; the rest is for telling outcomes and leaving.</summary>
    [Fact]
    public void ForClosing_LeavesMostOfTheEnd()
    {
        var budget = Begin(90, 30);
        _time.Advance(Seconds(75));
        Assert.Equal((Seconds(0), Seconds(15) - (Seconds(15) * 3 / 4)), (budget.ForRecords, budget.ForClosing));
    }

    /// <summary>What comes after the last upload, such as answers under way, has a quarter of the end.</summary>
    [Theory]
    [InlineData(0, 86.25)]
    [InlineData(80, 6.25)]
    [InlineData(88, 0)]
    public void ForUpload_LeavesAQuarterOfTheEnd(int passed, double upload)
    {
        var budget = Begin(90, 30);
        _time.Advance(Seconds(passed));
        Assert.Equal(TimeSpan.FromSeconds(upload), budget.ForUpload);
    }

    /// <summary>Moves that got nothing would leave every shard of a stopping silo without an owner until it is gone.</summary>
    [Fact]
    public void ForMoves_WhereRecordsMayTakeTheWhole_IsAQuarter()
    {
        var budget = Begin(80, 80);
        Assert.Equal((Seconds(20), Seconds(80) - (Seconds(80) / 6)), (budget.ForMoves, budget.ForRecords));
    }

    [Fact]
    public void ForEnd_IsWhatAPartTakesOrWhatIsLeft()
    {
        var budget = Begin(90, 30);
        Assert.Equal(Seconds(5), budget.ForEnd(Seconds(5)));
        _time.Advance(Seconds(87));
        Assert.Equal(Seconds(3), budget.ForEnd(Seconds(5)));
    }

    [Fact]
    public void Left_BeforeTheStop_IsAll()
    {
        var budget = new StopBudget(Seconds(90), Seconds(30), _time);
        _time.Advance(Seconds(1_000));
        Assert.Equal(Seconds(90), budget.Left);
    }

    [Fact]
    public void Begin_ASecondTime_ChangesNothing()
    {
        var budget = Begin(90, 30);
        _time.Advance(Seconds(10));
        budget.Begin();
        Assert.Equal(Seconds(80), budget.Left);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private StopBudget Begin(int total, int drain)
    {
        var budget = new StopBudget(Seconds(total), Seconds(drain), _time);
        budget.Begin();
        return budget;
    }
}
