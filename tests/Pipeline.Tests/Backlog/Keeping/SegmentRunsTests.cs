using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

public sealed class SegmentRunsTests
{
    [Fact]
    public void Add_InAnyOrder_HoldsWhatASetHolds() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
        {
            var random = new Random(seed);
            var (runs, set) = (new SegmentRuns(), new SortedSet<long>());
            for (var step = 0; step < 60; step++)
            {
                var (first, length) = (random.Next(100), random.Next(1, 6));
                if (random.Next(8) == 0)
                {
                    runs.RemoveBelow(first);
                    set.RemoveWhere(n => n < first);
                    continue;
                }

                runs.Add(first, length);
                for (var number = first; number < first + length; number++)
                    set.Add(number);
            }

            Assert.Equal(set, runs);
            Assert.All(Enumerable.Range(0, 110), n => Assert.Equal(set.Contains(n), runs.Contains(n)));
            // Runs that touch are one.
            Assert.Equal(set.Count(n => !set.Contains(n - 1)), runs.RunCount);
            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Contains_OfNothing_IsFalse() => Assert.False(new SegmentRuns().Contains(0));
}
