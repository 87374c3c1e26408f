using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

public sealed class FullShardsTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 14, 2, 0, TimeSpan.Zero);

    private readonly FullShards _shards = new();
    private int _second;

    [Fact]
    public void Note_OfABurst_FindsNoneFull()
    {
        Look(0.1);
        Look(1.5);
        Look(0.1);
        Assert.Empty(_shards.Found);
    }

    [Fact]
    public void Note_OfSecondsOfFullUse_TellsSinceWhen_UntilItFallsWell()
    {
        Look(0.1);
        while (_shards.Found.Count == 0)
            Look(1.05);
        var since = _shards.Found.Single().Since;
        Assert.InRange(since - Begin, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(15));

        Look(0.9);
        Look(0.9);
        Assert.Equal(("shard-0", since), _shards.Found.Single());
        for (var i = 0; i < 10; i++)
            Look(0.2);
        Assert.Empty(_shards.Found);
    }

    [Fact]
    public void Note_OfAFirstLook_KnowsTheMinuteBefore()
    {
        _shards.Note(Begin, [("shard-0", 1.0, 0, 1.02), ("shard-1", 1.0, 0, 0.3)]);
        Assert.Equal(("shard-0", Begin.AddMinutes(-1)), _shards.Found.Single());
    }

    [Fact]
    public void Note_OfAShardThatClosed_ForgetsIt()
    {
        _shards.Note(Begin, [("shard-0", 1.0, 0, 1.02)]);
        _shards.Note(Begin, [("shard-1", 0.5, 1, null)]);
        Assert.Empty(_shards.Found);
    }

    /// <summary>As one shard showed it, that of a hot key: a client puts batches and awaits each, so nothing is offered between two of them.</summary>
    [Fact]
    public void Note_OfBatchesThatAwaitTheShard_TellsItWithoutAGap_AndIsSilentSoonAfter()
    {
        Look(0, 1);
        double[] uses = [0.82, 0.87, 0.89, 0.86, 0.85, 1.08, 0.99, 0.89, 1.04, 1.69, 0.87, 0.47, 0.88, 0.84, 0.72, 0.85, 0.27, 0.98, 0.77, 0.83, 0.86, 0.84];
        double[] buckets = [0.21, 0.5, 0.3, 0.04, 0.04, 0.33, 0.48, 0.29, 0.11, 0.87, 0.26, 0.04, 0.41, 0.04, 0.04, 0.04, 0.04, 0.27, 0.04, 0.04, 0.04, 0.04];
        var (told, gaps) = (0, 0);
        for (var i = 0; i < uses.Length * 3; i++)
        {
            Look(uses[i % uses.Length], buckets[i % buckets.Length]);
            told += _shards.Found.Count;
            gaps += told > 0 && _shards.Found.Count == 0 ? 1 : 0;
        }

        Assert.True(told > 50 && gaps == 0, $"{told} of {3 * uses.Length} seconds, with {gaps} gaps");
        for (var i = 0; i < 4; i++)
            Look(0, 1);
        Assert.Empty(_shards.Found);
    }

    [Fact]
    public void Note_OfAShardThatHoldsNothingBack_IsSilentTenSecondsLater()
    {
        while (_shards.Found.Count == 0)
            Look(1.05);
        for (var i = 0; i < 11; i++)
            Look(0.85, 0.9);
        Assert.Empty(_shards.Found);
    }

    private void Look(double use, double bucket = 1) => _shards.Note(Begin.AddSeconds(_second++), [("shard-0", use, bucket, null)]);
}
