using Orleans.Kpl.Scaling.Heat;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Heat;

/// <summary>What the process has in memory is measured with nothing beside it.</summary>
/// <remarks>Tests <see cref="HeatHistory"/>.</remarks>
[CollectionDefinition(nameof(HeatMemoryTests), DisableParallelization = true)]
[Collection(nameof(HeatMemoryTests))]
public sealed class HeatMemoryTests
{
    /// <summary>Many are measured: meanwhile the process gives memory of other tests back.</summary>
    private const int Copies = 4;

    /// <summary>All that can be kept is kept: warm rows, marks everywhere, other keys and other owners in each minute, and a hundred shards.</summary>
    [Fact]
    public void Memory_WithAllThatThereCanBe_IsLessThanAMebibyte()
    {
        var all = Measured(HeatWorld.Full);
        var picture = all[0].Of("events", HeatSpan.Week, HeatWorld.End);
        Assert.Equal(HeatSums.MostKeys, picture.Columns[^2].HotKeys.Count);
        Assert.Contains(picture.Columns[^2].Marks, static m => m is { Throttled: > 0, Failed: > 0 });
    }

    /// <summary>What was read shares less than what was seen.</summary>
    [Fact]
    public void Memory_OfAPictureThatGoesOnAfterARestart_IsLessThanAMebibyte()
    {
        var text = new KeptLoad(KeptLoad.Current, HeatWorld.End, HeatWorld.Full().Keep(), []).ToText();
        var all = Measured(() => HeatHistory.Of(KeptLoad.FromText(text).Heat, HeatWorld.End));
        Assert.NotEmpty(all[0].Of("events", HeatSpan.Week, HeatWorld.End).Columns);
    }

    private static HeatHistory[] Measured(Func<HeatHistory> make)
    {
        make();
        var before = Settled();
        HeatHistory[] all = [.. Enumerable.Range(0, Copies).Select(_ => make())];
        Assert.InRange((Settled() - before) / Copies, 300_000, 1 << 20);
        return all;
    }

    /// <summary>What is reachable, once the tests before have given back what finalizers held.</summary>
    /// <remarks><see cref="GC.GetTotalMemory"/> itself is content with a twentieth of the whole process.</remarks>
    private static long Settled()
    {
        var (former, now) = (0L, GC.GetTotalMemory(forceFullCollection: true));
        for (var i = 0; i < 50 && Math.Abs(now - former) > 4_096; i++)
        {
            GC.WaitForPendingFinalizers();
            (former, now) = (now, GC.GetTotalMemory(forceFullCollection: true));
        }
        return now;
    }
}
