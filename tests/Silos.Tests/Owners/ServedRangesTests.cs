using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>What a silo tells clients of the hash keys that it serves.</summary>
/// <remarks>Tests <see cref="ServedRanges"/>.</remarks>
public sealed class ServedRangesTests
{
    private readonly HostedShards _hosted = new();
    private readonly ServedRanges _ranges;
    private ShardMap? _map = MapOf(("a", 0, 9), ("b", 10, 19), ("c", 20, 29));

    public ServedRangesTests() => _ranges = new ServedRanges(s => _map is { } map ? (s, map) : null, _hosted);

    [Fact]
    public void ShardsServedHere_AreTold_NeighboursAsOne()
    {
        Serve("a");
        Serve("b");

        Assert.Equal([(0, 19)], Told().Ranges);
    }

    /// <summary>A client asks only where the version is another.</summary>
    [Fact]
    public void Version_ChangesWithWhatIsServed_AndWithNothingElse()
    {
        var nothing = Told();
        Serve("a");
        var one = Told();
        _hosted.Add(new ShardKey("other", "a"), null!, Task.CompletedTask);
        _map = MapOf(("a", 0, 9), ("b", 10, 29));
        var same = Told();
        Serve("b");
        var two = Told();
        _hosted.Remove(new ShardKey("events", "b"), null!);
        var again = Told();

        Assert.Empty(nothing.Ranges);
        Assert.Equal(one.Version, same.Version);
        Assert.Equal([(0, 29)], two.Ranges);
        Assert.Equal(one.Ranges, again.Ranges);
        Assert.Equal(4, new[] { nothing.Version, one.Version, two.Version, again.Version }.Distinct().Count());
    }

    /// <summary>A client that keeps an old version takes another one under the same number for the same.</summary>
    [Fact]
    public void Stream_ThatClosedAndOpensAgain_IsToldUnderAnotherVersion()
    {
        Serve("a");
        var former = Told();
        _ranges.Forget("events");

        Assert.True(Told().Version > former.Version);
    }

    [Fact]
    public void Stream_WithoutMap_IsNotTold()
    {
        _map = null;

        Assert.Equal(0, _ranges.Of("events").Version);
    }

    private static ShardMap MapOf(params (string Id, int First, int Last)[] shards) =>
        ShardMaps.Of(1, [.. shards.Select(static s => new ShardRange(s.Id, (UInt128)s.First, (UInt128)s.Last))]);

    private void Serve(string shard) => _hosted.Add(new ShardKey("events", shard), null!, Task.CompletedTask);

    private (long Version, (UInt128 First, UInt128 Last)[] Ranges) Told()
    {
        var (version, ranges) = _ranges.Of("events");
        return (version, PackedRanges.Parse(ranges));
    }
}
