using System.Runtime.CompilerServices;
using Orleans.Kpl.Scaling.Heat;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Heat;

/// <summary>What the process has in memory is measured with nothing beside it.</summary>
/// <remarks>Tests <see cref="HeatHistory"/>.</remarks>
[CollectionDefinition(nameof(HeatMemoryTests), DisableParallelization = true)]
[Collection(nameof(HeatMemoryTests))]
public sealed class HeatMemoryTests
{
    private const int Copies = 2;
    private const int Tries = 3;
    private const long Least = 300_000;
    private const long Most = 1 << 20;

    /// <summary>All that can be kept is kept: warm rows, marks everywhere, other keys and other owners in each minute, and a hundred shards.</summary>
    [Fact]
    public void Memory_WithAllThatThereCanBe_IsLessThanAMebibyte()
    {
        AssertSize(static () => HeatWorld.Full(), static history =>
        {
            var picture = history.Of("events", HeatSpan.Week, HeatWorld.End);
            Assert.Equal(HeatSums.MostKeys, picture.Columns[^2].HotKeys.Count);
            Assert.Contains(picture.Columns[^2].Marks, static m => m is { Throttled: > 0, Failed: > 0 });
        });
    }

    /// <summary>What was read shares less than what was seen.</summary>
    [Fact]
    public void Memory_OfAPictureThatGoesOnAfterARestart_IsLessThanAMebibyte()
    {
        var text = new KeptLoad(KeptLoad.Current, HeatWorld.End, HeatWorld.Full().Keep(), []).ToText();
        AssertSize(
            () => HeatHistory.Of(KeptLoad.FromText(text).Heat, HeatWorld.End),
            static history => Assert.NotEmpty(history.Of("events", HeatSpan.Week, HeatWorld.End).Columns));
    }

    /// <summary>
    /// What is reachable with the pictures and, a moment later, without them. What the runner holds of tests that have ended may go between the two, which is
    /// seen once: a picture that is too large is so each time.
    /// </summary>
    private static void AssertSize(Func<HeatHistory> make, Action<HeatHistory> check)
    {
        List<long> sizes = [];
        while (sizes.Count < Tries && sizes is not [.., >= Least and <= Most])
        {
            List<HeatHistory> all = [];
            Fill(all, make, check);
            var with = Settled();
            all.Clear();
            sizes.Add((with - Settled()) / Copies);
        }

        Assert.True(sizes[^1] is >= Least and <= Most, $"{string.Join(", ", sizes)} bytes a picture");
    }

    /// <summary>What is reachable, once nothing more goes: finalizers of other tests' objects hold some until they have run.</summary>
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill(List<HeatHistory> all, Func<HeatHistory> make, Action<HeatHistory> check)
    {
        for (var i = 0; i < Copies; i++)
            all.Add(make());
        check(all[0]);
    }
}
