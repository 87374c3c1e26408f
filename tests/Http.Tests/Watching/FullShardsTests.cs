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
        Assert.Empty(_shards.Full);
    }

    [Fact]
    public void Note_OfSecondsOfFullUse_TellsSinceWhen_UntilItFallsWell()
    {
        Look(0.1);
        while (_shards.Full.Count == 0)
            Look(1.05);
        var since = _shards.Full.Single().Since;
        Assert.InRange(since - Begin, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(15));

        Look(0.9);
        Look(0.9);
        Assert.Equal(("shard-0", since), _shards.Full.Single());
        for (var i = 0; i < 10; i++)
            Look(0.2);
        Assert.Empty(_shards.Full);
    }

    [Fact]
    public void Note_OfAFirstLook_KnowsTheMinuteBefore()
    {
        _shards.Note(Begin, [("shard-0", 1.0, 1.02), ("shard-1", 1.0, 0.3)]);
        Assert.Equal(("shard-0", Begin.AddMinutes(-1)), _shards.Full.Single());
    }

    [Fact]
    public void Note_OfAShardThatClosed_ForgetsIt()
    {
        _shards.Note(Begin, [("shard-0", 1.0, 1.02)]);
        _shards.Note(Begin, [("shard-1", 0.5, null)]);
        Assert.Empty(_shards.Full);
    }

    private void Look(double use) => _shards.Note(Begin.AddSeconds(_second++), [("shard-0", use, null)]);
}
