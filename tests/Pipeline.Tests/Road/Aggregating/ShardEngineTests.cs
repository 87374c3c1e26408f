using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>The laws of an engine of a stream without order.</summary>
public sealed class ShardEngineTests
{
    private readonly EngineHarness _harness = new();

    [Fact]
    public void OpenAggregate_LeavesAtItsDeadline_WithWhatCameMeanwhile()
    {
        var engine = _harness.NewEngine();
        _harness.Put(engine, 1);
        _harness.Pass(20);
        _harness.Put(engine, 2);
        Assert.Empty(_harness.SentNumbers);

        _harness.Pass(80);

        Assert.Equal([[1, 2]], _harness.SentNumbers);
    }

    [Fact]
    public void OpenAggregate_ThatIsDueWithoutTokens_GrowsUntilThereAreSome()
    {
        var engine = _harness.NewEngine(isOpen: false);
        Assert.True(engine.IsElsewhere);
        engine.Open(ShardLevel.Empty with { Bytes = -1_000_000 }, null);
        _harness.Put(engine, 1);
        _harness.Pass(200);
        _harness.Put(engine, 2);
        _harness.Pass(300);
        Assert.Empty(_harness.SentNumbers);

        _harness.Pass(700);

        Assert.Equal([[1, 2]], _harness.SentNumbers);
    }

    [Fact]
    public void Retry_WaitsForItsTime_AndGoesBeforeWhatIsNewer()
    {
        var engine = _harness.NewEngine();
        _harness.Put(engine, 1);
        _harness.Pass(100);
        var failed = _harness.Sent[0];
        failed.NotBefore = _harness.Clock.Now + 150 * TimeSpan.TicksPerMillisecond;

        Assert.True(engine.TryTakeBack(failed));
        Assert.True(engine.HasRetries);
        _harness.Put(engine, 2);
        _harness.Pass(120);
        engine.Pause();
        _harness.Pass(50);
        _harness.Put(engine, 3);
        engine.FlushNow();
        engine.Resume();

        Assert.Equal([[1], [2], [1], [3]], _harness.SentNumbers);
        Assert.False(engine.HasRetries);
    }

    [Fact]
    public void Paused_SendsNothing_UntilResumedAsOften()
    {
        var engine = _harness.NewEngine();
        engine.Pause();
        engine.Pause();
        _harness.Put(engine, 1);
        _harness.Pass(500);
        engine.Resume();
        _harness.Pass(500);
        Assert.Empty(_harness.SentNumbers);

        engine.Resume();

        Assert.Equal([[1]], _harness.SentNumbers);
    }

    [Fact]
    public void Retired_RefusesRecords_AndGivesBackAllThatWasHeld()
    {
        var engine = _harness.NewEngine();
        _harness.Put(engine, 1);
        _harness.Pass(100);
        engine.Pause();
        Assert.True(engine.TryTakeBack(_harness.Sent[0]));
        _harness.Put(engine, 2);
        _harness.SentNumbers.Clear();

        engine.StepDown();

        Assert.False(_harness.Put(engine, 3));
        Assert.Equal([1, 2], _harness.Rerouted);
        engine.Resume();
        _harness.Pass(20_000);
        Assert.Empty(_harness.SentNumbers);
    }

    [Fact]
    public void Expired_AreRoutedAnew_AtTheirTime()
    {
        var engine = _harness.NewEngine();
        engine.Pause();
        _harness.Put(engine, 1, ttl: TimeSpan.FromMilliseconds(300));
        _harness.Pass(299);
        Assert.Empty(_harness.Rerouted);

        _harness.Pass(2);

        Assert.Equal([1], _harness.Rerouted);
    }

    [Fact]
    public void Cut_ReturnsWhatStraddles_AndKeepsThePartsApart()
    {
        var engine = _harness.NewEngine();
        var upper = EngineHarness.Upper.StartingHashKey;
        _harness.Put(engine, 1, 0);
        _harness.Put(engine, 2, upper);

        var divided = engine.Cut(new Boundaries([upper]));
        _harness.Put(engine, 3, 0);
        _harness.Put(engine, 4, upper);
        _harness.Put(engine, 5, 1);
        _harness.Pass(100);

        Assert.Equal([1, 2], EngineHarness.Numbers(Assert.Single(divided)));
        Assert.Equal([[3, 5], [4]], _harness.SentNumbers.OrderBy(n => n[0]).ToList());
    }

    [Fact]
    public void TakeLarger_TakesWhatIsTooLarge_AndSendsTheRest()
    {
        var engine = _harness.NewEngine();
        engine.Pause();
        _harness.Put(engine, 1, size: 60_000);
        _harness.Put(engine, 2, size: 10);

        var larger = engine.TakeLarger(50_000);
        engine.Resume();
        _harness.Pass(100);

        Assert.Equal([1], EngineHarness.Numbers(Assert.Single(larger)));
        Assert.Equal([[2]], _harness.SentNumbers);
    }

    [Fact]
    public void Leaving_TakesNothingIn_AndEndsWhenNothingIsHeld()
    {
        var engine = _harness.NewEngine();
        engine.Pause();
        _harness.Put(engine, 1);
        var emptied = engine.LeaveAsync();
        Assert.False(_harness.Put(engine, 2));
        Assert.False(emptied.IsCompleted);

        engine.Resume();

        Assert.True(emptied.IsCompleted);
        Assert.Equal([[1]], _harness.SentNumbers);
        Assert.Empty(engine.HandOver().Held);
    }

    [Fact]
    public void HandOver_ReturnsWhatIsHeld_AndAShardThatComesBackSendsAgain()
    {
        var engine = _harness.NewEngine();
        engine.Pause();
        _harness.Put(engine, 1, ttl: TimeSpan.FromMilliseconds(200));
        _ = engine.LeaveAsync();

        var (held, level) = engine.HandOver();
        engine.Resume();
        engine.Open(level, null);
        _harness.Put(engine, 2);
        _harness.Pass(100);

        Assert.Equal([1], held.SelectMany(EngineHarness.Numbers));
        Assert.Equal([[2]], _harness.SentNumbers);
    }

    [Fact]
    public void Joining_IsAllowed_OnlyWhereTheEngineNeedNotBeAsked()
    {
        var engine = _harness.NewEngine();
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushGeneration(), 0, long.MaxValue, false));
        Assert.True(engine.FirstOpenAggregate.TakesJoiners(sink));

        engine.Cut(new Boundaries([EngineHarness.Upper.StartingHashKey]));
        Assert.False(engine.FirstOpenAggregate.TakesJoiners(sink));
        engine.Cut(Boundaries.None);
        Assert.True(engine.FirstOpenAggregate.TakesJoiners(sink));
        engine.Retire();

        Assert.False(engine.FirstOpenAggregate.TakesJoiners(sink));
    }
}
