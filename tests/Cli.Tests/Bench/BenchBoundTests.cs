using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Bench;

public sealed class BenchBoundTests
{
    [Theory]
    [InlineData(100_000, 100, 4, 3.5, 0.4, 100, "kpl: limited by 4 shards: 4,096 KiB/s")]
    [InlineData(20_000, 1_024, 4, 5.2, 0.4, 2_000, "kpl: limited by 4 shards: 4,096 KiB/s")]
    [InlineData(10_000, 9, 1, 10, 0.4, 10_000, "kpl: limited by 1 shard: 1,000 Kinesis records/s")]
    [InlineData(9_000_000, 100, 1_000, 10, 19, 9_000, "kpl: limited by this process: 1.9 of 2 processors were busy")]
    [InlineData(10_240, 978, 4, 10, 1, 100, "kpl: not limited by 4 shards, which would take 4,096 KiB/s: it put 1,024 KiB/s")]
    [InlineData(10_240, 978, null, 10, 1, 100, "kpl: it put 1,024 KiB/s, with 0.1 of 2 processors busy")]
    [InlineData(10, 9, 4, 1.9, 0.1, 1, "kpl: too short to tell what limits it: give it more records, for 2 s at least")]
    public void Describe_NamesTheLimitThatWasReached(long records, int size, int? shards, double seconds, double cpu, int kinesisRecords, string told)
    {
        var tally = new BenchTally(TimeProvider.System, new FailurePrinter(new StatusLine(Host)));
        Tell(tally, kinesisRecords);
        var result = new BenchResult(BenchVia.Embedded, records, 0, seconds, cpu, records, size, tally);

        Assert.Equal(told, BenchBound.Describe(result, shards, processors: 2));
    }

    private static readonly CliHost Host = new()
    {
        Input = Stream.Null, Output = Stream.Null, Error = TextWriter.Null, Environment = new Dictionary<string, string>(), Directory = "/",
    };

    private static void Tell(BenchTally tally, int kinesisRecords)
    {
        for (var number = 0; number < kinesisRecords; number++)
        {
            var batch = new PutBatch();
            batch.Add("k", "d"u8, number, isJson: false);
            batch.Outcomes[0] = new PutOutcome(true, "shardId-000000000000", $"{number}", null, null, null);
            tally.Count(batch, DateTimeOffset.UnixEpoch);
        }
    }
}
