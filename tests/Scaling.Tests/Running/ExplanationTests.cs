using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class ExplanationTests
{
    private static readonly StreamOverview Overview = new()
    {
        Stream = "events",
        Arn = "arn",
        Status = "ACTIVE",
        Shards =
        [
            new ShardStatus { ShardId = "shard-0", StartingHashKey = 0, EndingHashKey = 99, OwnerSilo = "S1", Utilisation = 0.4 },
            new ShardStatus
            {
                ShardId = "shard-1", StartingHashKey = 100, EndingHashKey = UInt128.MaxValue, OwnerSilo = "S2", Utilisation = 1.5, Throttled = 7,
                HotKeys = [new HotKeyStatus { HashKey = 500, Share = 0.62 }],
            },
        ],
    };

    [Theory]
    [InlineData(0, "shard-0")]
    [InlineData(99, "shard-0")]
    [InlineData(100, "shard-1")]
    public void Of_AHashKey_NamesTheShardOfItsRange(int hash, string shard)
    {
        var told = Explanation.Of(Overview, (UInt128)hash, null, Observed(shard));
        Assert.Equal((shard, (UInt128?)hash, (double?)0.5), (told.ShardId, told.HashKey, told.Bucket));
        Assert.True(told.IsMapCurrent);
        Assert.Equal(shard == "shard-0" ? "S1" : "S2", told.OwnerSilo);
    }

    [Fact]
    public void Of_AKeyThatIsTheLoad_SaysThatNoSplitHelps()
    {
        var told = Explanation.Of(Overview, 500, null, Observed("shard-1"));
        Assert.Equal(0.62, told.HotKey!.Share);
        Assert.Contains(told.Findings, f => f.Contains("No split divides it", StringComparison.Ordinal));
        Assert.DoesNotContain(told.Findings, f => f.Contains("Split it", StringComparison.Ordinal));
    }

    /// <summary>The page asked about the first hash key of a hot shard, and was told to split it.</summary>
    [Fact]
    public void Of_AnotherKeyOfAHotShard_WasToldToSplit()
    {
        var told = Explanation.Of(Overview, 501, null, Observed("shard-1"));
        Assert.Contains(
            "Another key, with hash key 500, carries at least 62 % of the shard's bytes. A split may part this one from it, and never divides it: spread it over several keys.",
            told.Findings);
        Assert.DoesNotContain(told.Findings, f => f.Contains("Split it", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_AnotherKeyOfAFullShard_SaysSplit()
    {
        var full = Overview.Shards[1] with { HotKeys = [new HotKeyStatus { HashKey = 500, Share = 0.3 }] };
        var told = Explanation.Of(Overview with { Shards = [Overview.Shards[0], full] }, 501, null, Observed("shard-1"));
        Assert.Contains(told.Findings, f => f.Contains("150 %", StringComparison.Ordinal) && f.Contains("Split it", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_AForeignShare_NamesIt()
    {
        var told = Explanation.Of(Overview, 5, null, Observed("shard-0") with { ForeignShare = 0.3, OthersShare = 0.6 });
        Assert.Contains(told.Findings, f => f.Contains("Other writers seem to use 30 %", StringComparison.Ordinal));
    }

    /// <summary>It told of other writers where one process' own large records had the shard's throttles, and of a bucket that was -348% full.</summary>
    [Fact]
    public void Of_ThrottlesThatTheSenderMayHaveCaused_TellsOfNoOtherWriter()
    {
        var sight = Observed("shard-1") with { ForeignShare = 0.18, Bucket = -3.48, PaysOffSeconds = 0.87 };
        var told = Explanation.Of(Overview, 501, null, sight);
        Assert.Contains("Kinesis throttled it 7 times in the last minute. Its own load is enough for that: no other writer shows.", told.Findings);
        Assert.Contains("A large record is paid off: the next one starts in 0.9 s or later.", told.Findings);
        Assert.DoesNotContain(told.Findings, f => f.Contains("Other writers", StringComparison.Ordinal));
    }

    /// <summary>Of few samples no key is named, and a split that could not help was advised.</summary>
    [Fact]
    public void Of_AFullShardWhoseKeysAreNotKnownYet_SaysSo()
    {
        var unknown = Overview with { Shards = [Overview.Shards[0], Overview.Shards[1] with { HotKeys = [] }] };
        Assert.Contains(
            Explanation.Of(unknown, 501, null, Observed("shard-1")).Findings, f => f.Contains("too few were seen to tell yet", StringComparison.Ordinal));
        Assert.Contains(
            Explanation.Of(unknown, 501, null, Observed("shard-1") with { HeaviestKey = 0 }).Findings,
            f => f.Contains("Split it, or scale the stream", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_ASenderWithAnOlderMap_SaysSo()
    {
        var told = Explanation.Of(Overview, 5, null, Observed("shard-0") with { EndingHashKey = 199 });
        Assert.False(told.IsMapCurrent);
        Assert.Contains(told.Findings, f => f.Contains("map is older", StringComparison.Ordinal));
    }

    /// <summary>Its owner did not answer, and nobody was said to have sent for the shard, beside the owner's name.</summary>
    [Theory]
    [InlineData("S1", "S1 serves the shard, and does not answer now.")]
    [InlineData(null, "Nobody has sent for the shard yet.")]
    public void Of_AShardThatNobodyAnswersFor_SaysWhetherItHasAnOwner(string? owner, string finding)
    {
        var seen = Overview with { Shards = [Overview.Shards[0] with { OwnerSilo = owner }, Overview.Shards[1]] };
        Assert.Contains(finding, Explanation.Of(seen, 5, null, null).Findings);
    }

    [Fact]
    public void Of_AHoleInTheListing_SaysThatNoShardHasTheKey()
    {
        var told = Explanation.Of(Overview with { Shards = [Overview.Shards[1]] }, 5, null, null);
        Assert.Null(told.ShardId);
        Assert.Contains(told.Findings, f => f.StartsWith("No open shard", StringComparison.Ordinal));
        Assert.NotEqual(Explanation.Of(Overview, 5, null, null).MapVersion, told.MapVersion);
    }

    /// <summary>A record that expired was refused for another reason before: that reason is what can be mended.</summary>
    [Fact]
    public void Of_AFailure_GivesItsAdviceAndThatOfItsAttempts()
    {
        var throttled = new Attempt { ErrorCode = RecordErrorCodes.Throttled };
        var failure = new FailedRecord { Number = 3, ErrorCode = RecordErrorCodes.Expired, HashKey = 5, Attempts = [throttled, throttled], AttemptCount = 2 };

        var told = Explanation.Of(Overview, 5, failure, Observed("shard-0"));

        Assert.Same(failure, told.Failure);
        Assert.Equal(ErrorAdvice.Of(RecordErrorCodes.Expired).Advice, told.Findings[1]);
        var onTheWay = Assert.Single(told.Findings, f => f.Contains("came 2 times", StringComparison.Ordinal));
        Assert.EndsWith(ErrorAdvice.Of(RecordErrorCodes.Throttled).Advice, onTheWay, StringComparison.Ordinal);
        Assert.Contains("It was never sent.", Explanation.Of(Overview, null, failure with { AttemptCount = 0, Attempts = [] }, null).Findings);
        // Its owner may have sent it before it was lost: who read "never sent" made a duplicate.
        var lost = failure with { Status = RecordStatus.Unknown, ErrorCode = RecordErrorCodes.OwnerLost, AttemptCount = 0, Attempts = [] };
        Assert.DoesNotContain("It was never sent.", Explanation.Of(Overview, null, lost, null).Findings);
    }

    [Fact]
    public async Task ExplainAsync_AsksTheOwnerOfTheShard()
    {
        var services = new AdminServices
        {
            Kinesis = new ManagedStreamInMemory(2), Store = new MemoryStateStore(), Time = TimeProvider.System, Events = new QuietEvents(),
        };
        await using var administrator = new StreamAdministrator(new ManagedStreamInMemory(2), services);

        var told = await administrator.ExplainAsync(ExplainQuestion.OfKey("user-17"), null, CancellationToken.None);

        Assert.StartsWith("shard-", told.ShardId, StringComparison.Ordinal);
        Assert.Equal((0.5, 0.25, "silo"), (told.Bucket!.Value, told.ForeignShare!.Value, told.OwnerSilo));
    }

    private static ShardObservation Observed(string shard)
    {
        var status = Overview.Shards.Single(s => s.ShardId == shard);
        return new ShardObservation { ShardId = shard, StartingHashKey = status.StartingHashKey, EndingHashKey = status.EndingHashKey, Bucket = 0.5 };
    }
}
