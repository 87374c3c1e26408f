using Orleans.Kpl.Pipeline.Maps.Following;

namespace Orleans.Kpl.Pipeline.Tests.Maps.Following;

/// <summary>Who is told that the shards have changed while the map is being read has it read again.</summary>
public sealed class MapFreshnessTests
{
    [Theory]
    [InlineData(false, 1, 2)]
    [InlineData(true, 0, 0)]
    public async Task EnsureFresh_WhileThereIsNoMap_ReadsIt_UnlessItStops(bool stops, int listings, int shards)
    {
        using var parts = new StreamParts();
        if (stops)
            parts.Map.Stop();
        parts.Map.EnsureFresh(parts.Clock.Now);
        await PipelineHarness.SettleAsync();
        Assert.Equal((listings, shards), (parts.Kinesis.Listings, parts.Topology.Current.Map.Count));
    }

    /// <summary>
    /// A stream that keeps records for a year and is resharded all the time has more closed shards than are remembered. They took the places of those that
    /// were open: their answers were judged without a range, and each map looked like another stream's.
    /// </summary>
    [Fact]
    public async Task RememberClosed_MoreThanAreRemembered_ForgetsNoOpenShard()
    {
        using var parts = new StreamParts();
        await parts.Map.ReadAsync();
        var open = parts.Kinesis.Shards;
        parts.Topology.RememberClosed([.. Enumerable.Range(1_000, 30_000).Select(static i =>
            new ShardRange($"shardId-{i:000000000000}", UInt128.MinValue, UInt128.MaxValue))]);

        Assert.All(open, s => Assert.Equal(s, parts.Topology.RangeOf(s.ShardId)));
        Assert.Equal(ShardMapChange.SameStream, parts.Topology.Compare(open));
        // The latest of the closed ones are remembered, and the others are not.
        Assert.True(parts.Topology.IsOver("shardId-000000030999"));
        Assert.False(parts.Topology.IsOver("shardId-000000001000"));
    }

    /// <summary>The ranges of the first ones were forgotten: nobody could say which shards were before them, and ordered ones had no owner for good.</summary>
    [Fact]
    public void Apply_OfMoreShardsThanClosedOnesAreRemembered_ForgetsNone()
    {
        using var parts = new StreamParts();
        var open = FakeKinesis.Even(20_010, firstId: 0);
        parts.Topology.Apply(open, keepEngines: true, out _);

        Assert.All(open, s => Assert.True(parts.Topology.IsExplained(s.ShardId), s.ShardId));
    }

    [Fact]
    public async Task EnsureFresh_RightAfterTheStreamWasMissing_EndsWhatWaitsForItsMap_AndLaterAsksAgain()
    {
        using var parts = new StreamParts();
        parts.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no such stream", 400);
        await parts.Map.ReadAsync();
        var waiting = parts.Route(1);
        Assert.Empty(waiting.Results);

        parts.Map.EnsureFresh(parts.Clock.Now);
        Assert.Equal((RecordErrorCodes.ResourceNotFound, "no such stream"), (waiting.Result.ErrorCode, waiting.Result.ErrorMessage));
        Assert.Equal(1, parts.Kinesis.Listings);

        parts.Time.Advance(TimeSpan.FromSeconds(2));
        parts.Map.EnsureFresh(parts.Clock.Now);
        await PipelineHarness.SettleAsync();
        Assert.Equal(2, parts.Kinesis.Listings);
    }

    /// <summary>The answer of a reading is on its way when the silo is told that the shards have changed.</summary>
    [Fact]
    public async Task NewsWhileAnOlderAnswerIsOnItsWay_IsNotForgotten()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var answer = new TaskCompletionSource();
        parts.Kinesis.BeforeList = async _ =>
        {
            parts.Kinesis.BeforeList = static _ => ValueTask.CompletedTask;
            var older = parts.Kinesis.Shards;
            await answer.Task;
            parts.Kinesis.Listed = () =>
            {
                parts.Kinesis.Listed = static () => null;
                return older;
            };
        };
        var reading = parts.Map.ReadAsync();
        await PipelineHarness.SettleAsync();
        parts.Kinesis.Reshard(FakeKinesis.Even(3, 2));
        // The manager has read once more, sees the change and tells every silo.
        parts.Map.Refresh();
        answer.SetResult();
        Assert.True(await reading);
        await parts.PassAsync(TimeSpan.FromSeconds(55), stepMs: 1_000);

        Assert.Equal(3, parts.Topology.Current.Map.Count);
    }
}
