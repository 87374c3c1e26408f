using Orleans.Kpl.Administration;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

public sealed class StreamFactsTests
{
    /// <summary>The sentence sent for other writers and more shards, while the shards' list named the key that was the load.</summary>
    [Fact]
    public void Of_ThrottlesOfOneShard_NamesItsKey()
    {
        var hot = new HotKeyStatus { HashKey = 17, Share = 0.9 };
        var watched = Watched(Shard(0, throttled: 0), Shard(7, throttled: 60, hot) with { Seen = Seen(60) with { HeaviestKey = 0.99 } });

        var facts = StreamFacts.Of(watched);

        Assert.Equal(("shardId-000000000007", 0.99, "hash key 17"), (facts.OneShard, facts.HotKeyShare, facts.HotKey));
        Assert.Contains("one key (hash key 17) has at least 99 % of it", ConditionRules.Judge(facts).Sentence, StringComparison.Ordinal);
        Assert.Equal("hash key 12345678…", StreamFacts.Of(Watched(Shard(7, 60, hot with { HashKey = 123456789012 }))).HotKey);
        Assert.Equal("hot-A", StreamFacts.Of(Watched(Shard(7, 60, hot with { PartitionKey = "hot-A" }))).HotKey);
    }

    [Fact]
    public void Of_ABacklogWithDeadLetters_HasThemSetAside()
    {
        Assert.Equal(2, StreamFacts.Of(Watched() with { Backlog = new BacklogStatus { DeadLetters = 2 } }).SetAside);
        Assert.Null(StreamFacts.Of(Watched() with { Backlog = new BacklogStatus() }).SetAside);
    }

    [Fact]
    public void Of_ThrottlesOfManyShards_NamesNone()
    {
        var facts = StreamFacts.Of(Watched(Shard(0, throttled: 60), Shard(7, throttled: 60)));
        Assert.Equal((null, null), (facts.OneShard, facts.HotKeyShare));
    }

    [Fact]
    public void Of_Throttles_WeighsWhatShowsOthers()
    {
        var shows = Shard(0, throttled: 60) with { Seen = Seen(60) with { OthersShare = 1 } };
        Assert.Equal(0.75, StreamFacts.Of(Watched(shows, Shard(7, throttled: 20))).OthersShare);
        Assert.Equal(0, StreamFacts.Of(Watched(Shard(0, throttled: 0))).OthersShare);
    }

    /// <summary>A silo that sends for no shard makes no calls, so it proves nothing.</summary>
    [Theory]
    [InlineData(1, "b")]
    [InlineData(0, "")]
    public void Of_ASiloThatCannotReachKinesis_NamesIt_WhereAnotherCan(int shardsOfTheOther, string named)
    {
        ProcessReport a = new() { Process = "a", Streams = [new() { Stream = "events", Shards = shardsOfTheOther }, new() { Stream = "clicks", Shards = 1 }] };
        ProcessReport b = new() { Process = "b", Streams = [new() { Stream = "events", Shards = 1, DegradedSince = DateTimeOffset.UnixEpoch }] };
        Assert.Equal(named, string.Join(' ', StreamFacts.Of(Watched() with { Reports = [a, b] }).AwayFor));
    }

    [Fact]
    public void Of_SilosThatReachKinesisThroughOthers_NamesThem_SinceTheFirst()
    {
        var (first, then) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(1));
        ProcessReport[] reports = [Report("c", null, first), Report("b", then, null), Report("a", first, then)];
        var facts = StreamFacts.Of(Watched() with { Reports = reports });
        Assert.Equal(("a b", first), (string.Join(' ', facts.RelayedFor), facts.RelayedSince));
        Assert.Null(StreamFacts.Of(Watched() with { Reports = reports[..1] }).RelayedSince);

        static ProcessReport Report(string process, DateTimeOffset? events, DateTimeOffset? clicks) => new()
        {
            Process = process, Streams = [new() { Stream = "events", RelayedSince = events }, new() { Stream = "clicks", RelayedSince = clicks }],
        };
    }

    private static WatchedStream Watched(params WatchedShard[] shards) => new()
    {
        Stream = "events", At = DateTimeOffset.UnixEpoch, Reports = [], Failures = new FailureGroups(), Shards = shards,
    };

    private static WatchedShard Shard(int number, long throttled, params HotKeyStatus[] hot) => new(
        new ShardStatus { ShardId = $"shardId-{number:000000000000}", HotKeys = hot }, null, Seen(throttled), default);

    private static ShardObservation Seen(long throttled) => new() { ShardId = "", LastMinute = [0, 0, 0, 300, 0, throttled] };
}
