namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class AdaptiveRateWholeTests
{
    [Fact]
    public async Task ThrottledByItsShard_LowersThatShardOnlyOnceForManyEntries()
    {
        await using var harness = new PipelineHarness(shards: 2, configure: o => o.AggregationEnabled = false);
        var shard = harness.Kinesis.Shards[0].ShardId;
        var first = true;
        harness.Kinesis.Refuse = (_, s) => first && s.ShardId == shard ? Throttle(shard) : null;
        harness.Kinesis.AfterPut = () =>
        {
            first = false;
            return default;
        };

        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50)).AsTask(), 1);
        var shares = ForeignShares(harness);

        Assert.InRange(Assert.NotNull(shares[shard]), 0.02, 0.16);
        Assert.Equal(0, shares[harness.Kinesis.Shards[1].ShardId]);
    }

    /// <summary>A service that counts in windows refuses everything until the window ends that this producer alone has used up.</summary>
    [Theory]
    [InlineData(1_000, 0.02, 0.16)]
    [InlineData(100, 0.3, 0.95)]
    public async Task ThrottledAgainAndAgain_LowersOnceIfTheShardTookASecondsWorth(int delivered, double least, double most)
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => (o.AggregationEnabled, o.RateLimit) = (false, 1_000_000));
        await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(delivered)).AsTask(), 1);
        var refusedAt = new List<DateTimeOffset>();
        var end = harness.Time.GetUtcNow() + TimeSpan.FromMilliseconds(500);
        harness.Kinesis.Refuse = (_, s) =>
        {
            if (harness.Time.GetUtcNow() >= end)
                return null;
            refusedAt.Add(harness.Time.GetUtcNow());
            return Throttle(s.ShardId);
        };

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)), 1);

        Assert.True(result.IsSuccess);
        Assert.True(refusedAt.Distinct().Count() >= 3);
        Assert.InRange(Assert.NotNull(ForeignShares(harness).Values.Single()), least, most);
    }

    /// <summary>One process' own large records were told as another writer of the shard.</summary>
    [Theory]
    [InlineData(20, 1)]
    [InlineData(900_000, 0)]
    public async Task Throttled_ShowsAnotherWriter_OnlyWhereTooLittleWasSent(int size, double others)
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.AggregationEnabled = false);
        var left = 3;
        harness.Kinesis.Refuse = (_, s) => left-- > 0 ? Throttle(s.ShardId) : null;

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0, size)));

        Assert.True(result.IsSuccess);
        Assert.Equal(others, Assert.Single(harness.Producer.Find(PipelineHarness.Stream)!.Observations()).OthersShare);
    }

    [Fact]
    public async Task ThrottledByAnotherShardThanPredicted_ReadsTheMapAndLowersNothing()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        var left = 1;
        harness.Kinesis.Refuse = (_, s) => left-- > 0 ? Throttle(s.ShardId) : null;

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.True(result.IsSuccess);
        Assert.Equal(2, harness.Kinesis.Listings);
        Assert.All(ForeignShares(harness).Values, share => Assert.Equal(0, share));
    }

    [Theory]
    [InlineData("InternalFailure")]
    [InlineData("KMSThrottlingException")]
    [InlineData("LimitExceededException")]
    public async Task RefusedForAnotherReason_LowersNothing(string code)
    {
        await using var harness = new PipelineHarness(shards: 1);
        var left = 3;
        harness.Kinesis.Refuse = (_, _) => left-- > 0 ? new(null, null, code, "no") : null;

        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));

        Assert.All(ForeignShares(harness).Values, share => Assert.Equal(0, share));
    }

    [Fact]
    public async Task ThrottledWithinASecondOfAReshard_LowersNothingYet()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));
        await PipelineHarness.SettleAsync();
        var throttles = false;
        harness.Kinesis.Refuse = (_, s) => (throttles = !throttles) ? Throttle(s.ShardId) : null;

        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(2)));
        Assert.All(ForeignShares(harness).Values, share => Assert.Equal(0, share));
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(3)));

        Assert.Contains(ForeignShares(harness).Values, share => share > 0);
    }

    [Fact]
    public async Task AdaptiveRateOff_PublishesNoShare()
    {
        await using var harness = new PipelineHarness(configure: o => o.AdaptiveRate = false);

        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));

        Assert.All(ForeignShares(harness).Values, static share => Assert.Null(share));
    }

    private static PutRecordsReplyEntry Throttle(string shard) =>
        new(null, null, RecordErrorCodes.Throttled, $"Rate exceeded for shard {shard} in stream events under account 000000000000.");

    /// <summary>What is left to other writers, of each shard.</summary>
    private static Dictionary<string, double?> ForeignShares(PipelineHarness harness) =>
        harness.Producer.Find(PipelineHarness.Stream)!.ServedMeasures.ToDictionary(static m => m.ShardId, static m => m.ForeignShare);
}
