using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Tests.Heat;

/// <summary>What the process has in memory is measured with nothing beside it.</summary>
/// <remarks>Tests <see cref="HeatHistory"/>.</remarks>
[CollectionDefinition(nameof(HeatMemoryTests), DisableParallelization = true)]
[Collection(nameof(HeatMemoryTests))]
public sealed class HeatMemoryTests
{
    /// <summary>All that can be kept is kept: warm rows, marks everywhere, other keys and other owners in each minute, and a hundred shards.</summary>
    [Fact]
    public void Memory_WithAllThatThereCanBe_IsLessThanAMebibyte()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var history = new HeatHistory();
        for (var minute = 0; minute < 8 * 24 * 60; minute += 7)
            HeatWorld.AddFullMinute(history, minute, shards: 100);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        var picture = history.Of("events", HeatSpan.Week, HeatWorld.Start.AddDays(8));
        Assert.InRange(after - before, 300_000, 1 << 20);
        Assert.Equal(HeatSums.MostKeys, picture.Columns[^2].HotKeys.Count);
        Assert.Contains(picture.Columns[^2].Marks, static m => m is { Throttled: > 0, Failed: > 0 });
    }
}
