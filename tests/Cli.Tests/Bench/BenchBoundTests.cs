using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Bench;

public sealed class BenchBoundTests
{
    [Theory]
    [InlineData(100_000, 100, 4, 3.5, 0.4, 100, "kpl: limited by 4 shards: 4,096 KiB/s")]
    [InlineData(20_000, 1_024, 4, 5.2, 0.4, 2_000, "kpl: limited by 4 shards: 4,096 KiB/s")]
    [InlineData(10_000, 9, 1, 10, 0.4, 10_000, "kpl: limited by 1 shard: 1,000 Kinesis records/s")]
    [InlineData(9_000_000, 100, 1_000, 10, 19, 9_000, "kpl: limited by this process: 1.9 of 2 processors were busy")]
    [InlineData(10_240, 978, 4, 10, 1, 100, "kpl: not limited by 4 shards, of which the fullest was at 25%: it put 1,024 KiB/s")]
    [InlineData(10_240, 978, null, 10, 1, 100, "kpl: it put 1,024 KiB/s, with 0.1 of 2 processors busy")]
    [InlineData(10, 9, 4, 1.9, 0.1, 1, "kpl: too short to tell what limits it: give it more records, for 2 s at least")]
    public void Describe_NamesTheLimitThatWasReached(long records, int size, int? shards, double seconds, double cpu, int kinesisRecords, string told)
    {
        var tally = new BenchTally(TimeProvider.System, new FailurePrinter(new StatusLine(CliRun.Console())));
        Tell(tally, kinesisRecords);
        var result = new BenchResult(BenchVia.Embedded, records, 0, seconds, cpu, records, size, tally);

        var even = shards is { } count ? Enumerable.Range(0, count).Select(i => new ShardShare($"s{i}", 1.0 / count)).ToList() : null;
        Assert.Equal(told, BenchBound.Describe(result, even, processors: 2));
    }

    /// <summary>After one split of four shards the three others are full while the halves are not: the sum of all limits is not reached.</summary>
    [Fact]
    public void Describe_WhereShardsDifferInSize_NamesTheFullOnes()
    {
        var tally = new BenchTally(TimeProvider.System, new FailurePrinter(new StatusLine(CliRun.Console())));
        Tell(tally, 1);
        var result = new BenchResult(BenchVia.Embedded, 41_260, 0, 10, 1, 41_260, 978, tally);
        List<ShardShare> shards = [new("s0", 0.25), new("s1", 0.25), new("s2", 0.25), new("s3", 0.125), new("s4", 0.125)];
        Assert.Equal("kpl: limited by 3 of 5 shards: 3,072 KiB/s in s0, s1, s2", BenchBound.Describe(result, shards, processors: 2));
    }

    /// <summary>One throttled shard failed 356 records and halved the rate, and the verdict was "not limited by 8 shards".</summary>
    [Fact]
    public void Describe_WhereRecordsFailed_SaysSo()
    {
        var tally = new BenchTally(TimeProvider.System, new FailurePrinter(new StatusLine(CliRun.Console())));
        Tell(tally, 1);
        var result = new BenchResult(BenchVia.Http, 18_297, 356, 100, 1, 18_297, 100, tally);
        Assert.Equal("kpl: held back by what failed, 356 of 18,297 records: kpl explain tells why", BenchBound.Describe(result, [new("s0", 1)], processors: 2));
    }

    /// <summary>A warm-up longer than the run was told as p50 0 ms, and as the rate of the whole run.</summary>
    [Fact]
    public void Text_WhereNothingWasMeasured_ToldZeroes()
    {
        var tally = new BenchTally(TimeProvider.System, new FailurePrinter(new StatusLine(CliRun.Console()))) { CountsFrom = DateTimeOffset.MaxValue };
        Tell(tally, 3);
        using var output = new MemoryStream();
        var result = new BenchResult(BenchVia.Embedded, 3, 0, 2.5, 0.4, 3, 100, tally);

        result.Write(CliRun.Console(output: output));

        Assert.Equal("kpl: 3 records, 0 failed, in 2.50 s", result.ToText());
        Assert.Contains("\"records_per_second\":null", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
        Assert.Contains("\"p50_ms\":null,\"p99_ms\":null", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
        Assert.StartsWith("kpl: nothing was measured", BenchBound.Describe(result, null, processors: 2), StringComparison.Ordinal);
    }

    /// <summary>Over a cluster, attempts have the instants of its silos: of a clock that was 40 s ahead, half of all records took 40 s.</summary>
    [Theory]
    [InlineData(40)]
    [InlineData(-40)]
    public void Latencies_WhereTheSilosClockIsAnother_AreThoseOfThisOne(int ahead)
    {
        var time = new FakeTimeProvider();
        var tally = new BenchTally(time, new FailurePrinter(new StatusLine(CliRun.Console())));
        var sentAt = time.GetUtcNow();
        time.Advance(TimeSpan.FromMilliseconds(64));

        foreach (var endedAt in (DateTimeOffset[])[sentAt.AddMilliseconds(16), sentAt.AddSeconds(ahead)])
        {
            var batch = new PutBatch();
            batch.Add("k", "d"u8, 1, isJson: false);
            batch.Outcomes[0] = new PutOutcome(true, "shardId-000000000000", "1", null, null, endedAt);
            tally.Count(batch, sentAt);
        }

        Assert.Equal(16, tally.Latencies.Quantile(0.5), 0.2);
        Assert.Equal(64, tally.Latencies.Quantile(1), 0.7);
    }

    /// <summary>On a busy machine the compiler works for longer than it has a processor: with the bench's own part that made more than all.</summary>
    [Theory]
    [InlineData(2.0, 0.3, 1.9, 0.15, 0.85)]
    [InlineData(2.0, 3.0, 1.0, 1, 0)]
    [InlineData(2.0, 0.3, 0.5, 0.15, 0.25)]
    [InlineData(0.0, 0.3, 0.5, 0, 0)]
    public void SharesOf_TogetherAreAllAtMost(double cpu, double own, double compiled, double ownShare, double compilerShare)
    {
        var shares = BenchResult.SharesOf(TimeSpan.FromSeconds(cpu), (long)(own * 1e9), TimeSpan.FromSeconds(compiled));
        Assert.Equal((ownShare, compilerShare), (Math.Round(shares.Own, 3), Math.Round(shares.Compiler, 3)));
    }

    private static void Tell(BenchTally tally, int kinesisRecords)
    {
        for (var number = 0; number < kinesisRecords; number++)
        {
            var batch = new PutBatch();
            batch.Add("k", "d"u8, number + 1, isJson: false);
            batch.Outcomes[0] = new PutOutcome(true, "shardId-000000000000", $"{number}", null, null, null);
            tally.Count(batch, DateTimeOffset.UnixEpoch);
        }
    }
}

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Quantile_OverAnyLatencies_IsWithinOnePerCent()
    {
        var latencies = Gen.Choose(0, 100_000_000).NonEmptyListOf();
        Prop.ForAll(latencies.ToArbitrary(), Gen.Elements(0.01, 0.5, 0.9, 0.99, 1.0).ToArbitrary(), (all, share) =>
        {
            var histogram = new LatencyHistogram();
            foreach (var microseconds in all)
                histogram.AddAt(LatencyHistogram.BucketOf(TimeSpan.FromMicroseconds(microseconds)));
            var exact = all.Order().ElementAt((int)Math.Ceiling(share * all.Count) - 1) / 1000.0;
            return Math.Abs(histogram.Quantile(share) - exact) <= exact * 0.01;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Quantile_OfNothing_IsZero() => Assert.Equal(0, new LatencyHistogram().Quantile(0.5));

    [Fact]
    public void AddAt_TakesTheLongestSpan_AndNegativeOnesAsZero()
    {
        var histogram = new LatencyHistogram();
        histogram.AddAt(LatencyHistogram.BucketOf(TimeSpan.FromTicks(-5)));
        Assert.Equal(0, histogram.Quantile(1));
        histogram.AddAt(LatencyHistogram.BucketOf(TimeSpan.MaxValue));
        Assert.InRange(histogram.Quantile(1) / TimeSpan.MaxValue.TotalMilliseconds, 0.99, 1.01);
    }
}
