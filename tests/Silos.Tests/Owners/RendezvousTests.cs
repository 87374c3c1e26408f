using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>5,000 shards over 64 silos.</summary>
public sealed class RendezvousTests
{
    private const int Shards = 5_000;

    [Fact]
    public void OwnerOf_Over64Silos_IsBalanced()
    {
        var silos = Silos(64);
        var owned = Keys.GroupBy(k => Rendezvous.OwnerOf(k, silos)).ToDictionary(g => g.Key, g => g.Count());

        Assert.Equal(64, owned.Count);
        // 78 each; a fair draw lies within 4.5 standard deviations, of 8.8.
        Assert.All(owned.Values, count => Assert.InRange(count, 38, 118));
    }

    [Fact]
    public void OwnerOf_WhenASiloComes_OnlyWhatItGetsChangesHands()
    {
        var (before, after) = (Silos(63), Silos(64));
        var moved = 0;
        foreach (var key in Keys)
        {
            var (was, now) = (Rendezvous.OwnerOf(key, before), Rendezvous.OwnerOf(key, after));
            if (before[was] == after[now])
                continue;
            Assert.Equal(after[63], after[now]);
            moved++;
        }

        Assert.InRange(moved, 38, 118);
    }

    [Fact]
    public void OwnerOf_InAnyOrder_IsTheSame()
    {
        var silos = Silos(16);
        ulong[] reversed = [.. silos.Reverse()];
        Assert.All(Keys, key => Assert.Equal(silos[Rendezvous.OwnerOf(key, silos)], reversed[Rendezvous.OwnerOf(key, reversed)]));
        Assert.Equal(-1, Rendezvous.OwnerOf("events/shardId-000000000000", []));
    }

    private static IEnumerable<string> Keys => Enumerable.Range(0, Shards).Select(i => $"events/shardId-{i:D12}");

    private static ulong[] Silos(int count) => [.. Enumerable.Range(0, count).Select(i => StableTextHash.LongOf($"10.0.{i / 16}.{i}:11111@{i * 977}"))];
}
