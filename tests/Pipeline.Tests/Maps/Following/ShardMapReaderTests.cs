using Orleans.Kpl.Pipeline.Maps.Following;

namespace Orleans.Kpl.Pipeline.Tests.Maps.Following;

/// <summary><see cref="ShardMapReader"/> in a whole producer: when it lists the shards, and when it lists them again.</summary>
public sealed class ShardMapReaderTests
{
    [Fact]
    public async Task Failures_AreFollowedByLongerAndLongerWaits_Of30SecondsAtMost()
    {
        await using var harness = new PipelineHarness();
        var listedAt = new List<TimeSpan>();
        harness.Kinesis.BeforeList = _ =>
        {
            listedAt.Add(Now(harness));
            throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "as the test says");
        };
        await harness.EnqueueAsync(PipelineHarness.Record(0));

        await harness.PassAsync(TimeSpan.FromMinutes(5), stepMs: 20);

        var waits = listedAt.Zip(listedAt.Skip(1), static (former, next) => (next - former).TotalSeconds).ToList();
        Assert.InRange(waits.Count, 12, 24);
        for (var i = 0; i < waits.Count; i++)
        {
            var meant = Math.Min(30, Math.Pow(1.5, i));
            Assert.InRange(waits[i], meant * 0.74, (meant * 1.26) + 0.1);
        }

        harness.Kinesis.BeforeList = static _ => default;
    }

    [Fact]
    public async Task Reasons_ThatComeDuringAReading_ShareIt()
    {
        await using var harness = new PipelineHarness();
        var listing = new TaskCompletionSource();
        harness.Kinesis.BeforeList = _ => new ValueTask(listing.Task);
        var puts = Enumerable.Range(0, 50).Select(i => harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(i)).AsTask()).ToList();
        await harness.PassAsync(TimeSpan.FromSeconds(1), stepMs: 20);
        Assert.Equal(1, harness.Kinesis.Listings);

        listing.SetResult();

        Assert.All(await harness.DriveAsync(Task.WhenAll(puts)), r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(1, harness.Kinesis.Listings);
    }

    [Fact]
    public async Task StreamThatIsBeingCreated_IsAskedForFourTimesASecond()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.Listed = static () => [];
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(0)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        Assert.InRange(harness.Kinesis.Listings, 17, 22);

        harness.Kinesis.Listed = static () => null;

        Assert.True((await harness.DriveAsync(put)).IsSuccess);
        Assert.DoesNotContain(harness.Events.Said, s => s.StartsWith("map failed", StringComparison.Ordinal));
    }

    /// <summary>Nobody began another reading while that one counted as under way: whoever asked for the map waited for ever.</summary>
    [Fact]
    public async Task Reading_ThatFails_WhereTellingOfItThrows_IsFollowedByTheNext()
    {
        using var parts = new StreamParts();
        parts.Events.OnMissing = static () => throw new InvalidOperationException("as the test says");
        parts.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "as the test says");
        var reading = parts.Map.ReadAsync();
        await PipelineHarness.SettleAsync();
        parts.Events.OnMissing = null;
        parts.Kinesis.BeforeList = static _ => ValueTask.CompletedTask;
        var later = parts.Map.ReadAsync();
        await parts.PassAsync(TimeSpan.FromSeconds(5), stepMs: 100);

        Assert.True(reading.IsCompletedSuccessfully && later.IsCompletedSuccessfully);
        Assert.True(await reading && await later);
        Assert.Equal(2, parts.Topology.Current.Map.Count);
        Assert.IsType<InvalidOperationException>(Assert.Single(parts.Events.Defects));
        parts.Events.Defects.Clear();
    }

    private static TimeSpan Now(PipelineHarness harness) => TimeSpan.FromTicks(harness.Time.GetTimestamp());
}
