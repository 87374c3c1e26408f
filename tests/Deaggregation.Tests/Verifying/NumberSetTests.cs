using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Deaggregation.Tests.Verifying;

public sealed class NumberSetTests
{
    private readonly PartBudget _budget = new(100);

    [Fact]
    public void Add_AnyNumbers_KnowsEachAgain_AndGapsAreWhatIsNotThere()
    {
        // Starts near the borders of parts, and runs that fill several of them.
        var runs = Gen.Choose(0, 6).SelectMany(static at => Gen.Choose(-3, 3).SelectMany(
            near => Gen.Choose(1, 2_500).Select(length => (Start: Math.Max(0, (at * 1_024) + near), Length: length)))).ArrayOf();
        Prop.ForAll(runs.ToArbitrary(), picks =>
        {
            var (set, model) = (new NumberSet(new PartBudget(1_000)), new HashSet<long>());
            foreach (var number in picks.SelectMany(static p => Enumerable.Range(p.Start, p.Length)))
                Assert.Equal(model.Add(number), set.Add(number));
            var gaps = set.Gaps(5, 9_000).ToList();
            Assert.Equal(
                Enumerable.Range(5, 8_996).Select(static n => (long)n).Where(n => !model.Contains(n)),
                gaps.SelectMany(static g => Enumerable.Range((int)g.First, (int)(g.Last - g.First + 1))).Select(static n => (long)n));
            Assert.All(gaps.Zip(gaps.Skip(1)), static pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Add_NumbersInARow_KeepsOnePartAtMost()
    {
        var set = new NumberSet(_budget);
        for (var number = 0; number < 10_240; number++)
            set.Add(number);
        Assert.Equal(0, _budget.Taken);
        set.Add(10_240);
        Assert.Equal(1, _budget.Taken);
    }

    [Fact]
    public void Add_WhereGapsAreTooMany_ForgetsTheLowest_AndSaysHowMuch()
    {
        var set = new NumberSet(new PartBudget(2));
        foreach (var number in new[] { 0, 1_024, 2_048, 3_072 })
            Assert.True(set.Add(number));

        Assert.Equal(2 * 1_023, set.Forgotten);
        Assert.Null(set.Add(0));
        Assert.Null(set.Add(1_500));
        Assert.False(set.Add(2_048));
        Assert.Equal([(2_049L, 3_071L)], set.Gaps(0, 3_072));
    }

    /// <summary>The part that is given up joins its neighbour then, and all behind it move.</summary>
    [Fact]
    public void Add_BetweenOthers_WhereGapsAreTooMany_NotesTheNumberItself()
    {
        var set = new NumberSet(new PartBudget(2));
        for (var number = 0; number < 10_240; number++)
            set.Add(number);
        foreach (var number in new[] { 10_240, 20_480, 15_360 })
            Assert.True(set.Add(number));

        Assert.False(set.Add(15_360));
        Assert.False(set.Add(20_480));
        Assert.Equal([(11_264L, 15_359L), (15_361L, 20_479L)], set.Gaps(0, 20_480));
    }
}
