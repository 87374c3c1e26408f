using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Streams that were there and are deleted, and perhaps created again under the same name.</summary>
public sealed class VanishedStreamTests
{
    private static readonly KinesisException NotFound = new(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "Stream events under account 000000000000 not found.", 400);

    [Fact]
    public async Task Deleted_FailsWhatIsInFlightAndWhatIsHeldOnceTheMapSaysSo()
    {
        await using var bench = new Bench(shards: 2);
        await bench.DriveAsync(await bench.EnqueueAsync(Bench.Record(0)));
        bench.Kinesis.BeforePut = (_, _) => throw NotFound;
        bench.Kinesis.BeforeList = _ => throw NotFound;

        var results = await bench.DriveAsync(bench.Producer.PutAsync(Bench.Stream, Bench.Records(3_000, 500)).AsTask());
        var later = await bench.DriveAsync(await bench.EnqueueAsync(Bench.Record(1)));

        Assert.All(results, r => Assert.Equal(RecordErrorCodes.ResourceNotFound, r.ErrorCode));
        Assert.Equal(RecordErrorCodes.ResourceNotFound, later.ErrorCode);
        Assert.All(results, r => Assert.InRange(r.Attempts.Count, 0, 1));
    }

    [Fact]
    public async Task BeingCreatedAgain_IsWaitedForWithinTheTimeToLive()
    {
        await using var bench = new Bench(shards: 4);
        await bench.DriveAsync(await bench.EnqueueAsync(Bench.Record(0)));
        var isThere = false;
        bench.Kinesis.BeforePut = (_, _) => isThere ? default : throw NotFound;
        bench.Kinesis.BeforeList = _ => isThere ? default : throw new KinesisException(KinesisFailureKind.Refused, "ResourceInUseException", "Stream is CREATING", 400);
        bench.Kinesis.Reshard(FakeKinesis.Even(3, firstId: 0));
        var put = bench.Producer.PutAsync(Bench.Stream, Bench.Records(500)).AsTask();
        for (var i = 0; i < 100; i++)
        {
            await Bench.SettleAsync();
            bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.False(put.IsCompleted);
        isThere = true;
        var results = await bench.DriveAsync(put);

        Visible.Check(bench, results);
        Assert.All(results, r => Assert.DoesNotContain(r.Attempts, a => a.ErrorCode == RecordErrorCodes.WrongShard));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task CreatedAgainUnnoticedWithTheSameShardIds_NothingIsClaimedThatConsumersDoNotSee(int shards)
    {
        await using var bench = new Bench(shards: 4);
        await bench.DriveAsync(bench.Producer.PutAsync(Bench.Stream, Bench.Records(400)).AsTask());
        bench.Kinesis.Reshard(FakeKinesis.Even(shards, firstId: 0));
        bench.Kinesis.Summary = () => new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch.AddDays(1), 2048, false);
        bench.Time.Advance(TimeSpan.FromSeconds(100));

        await bench.DriveAsync(await bench.EnqueueAsync(Bench.Record(0)));
        await Bench.SettleAsync();
        var results = await bench.DriveAsync(bench.Producer.PutAsync(Bench.Stream, Bench.Records(400)).AsTask());
        var large = await bench.DriveAsync(bench.Producer.PutAsync(Bench.Stream, new UserRecord("k", new byte[1_500_000])).AsTask());

        Visible.Check(bench, results);
        Assert.All(results, r => Assert.Single(r.Attempts));
        Assert.True(large.IsSuccess);
    }

    [Fact]
    public async Task NoRightToListShards_KinesisWordIsEnough()
    {
        await using var bench = new Bench(shards: 1);
        bench.Kinesis.BeforeList = _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
        await bench.DriveAsync(await bench.EnqueueAsync(Bench.Record(0)));
        bench.Kinesis.BeforePut = (_, _) => throw NotFound;

        var result = await bench.DriveAsync(await bench.EnqueueAsync(Bench.Record(1)));

        Assert.Equal((RecordErrorCodes.ResourceNotFound, 1), (result.ErrorCode, result.Attempts.Count));
    }
}
