using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Silos.Fronts;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Streams that are put into by their ARN, while Kinesis does not tell whose they are.</summary>
/// <remarks>Tests <see cref="ClusterProducer"/> and <see cref="PackedPut"/>.</remarks>
public sealed class ArnStreamTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

    private int _asked;

    /// <summary>The first went under the ARN and the next under the name: two pipelines, in which they overtook each other.</summary>
    [Fact]
    public async Task Puts_UnderBothSpellings_WhileKinesisDoesNotAnswer_KeepTheirOrder_AndGoToOneStream()
    {
        await using var world = NewWorld(failures: 2, static () => new KinesisException(KinesisFailureKind.Refused, "ThrottlingException", "not now"));
        var silo = await world.StartAsync();
        List<Task<RecordResult>> puts = [];
        for (var number = 0; number < 60; number++)
            puts.Add(silo.Node.Producer.PutAsync(number % 3 == 2 ? NodeWorld.Stream : Arn, Record(number)).AsTask());
        var results = await Task.WhenAll(puts).WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);

        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(Enumerable.Range(0, 60).Select(static n => Record(n).PartitionKey), world.Kinesis.Records.Select(static r => r.Key));
        Assert.Equal([NodeWorld.Stream], silo.Node.Producer.Streams.Select(static p => p.Stream));
        Assert.Equal(60, silo.Node.Producer.GetLedger(Arn).Delivered);
    }

    /// <summary>Each silo that was asked before the stream was there kept the ARN as its name, for good.</summary>
    [Fact]
    public async Task AStream_ThatIsCreatedAfterItsFirstPut_HasOneOwnerForEachShard()
    {
        await using var world = NewWorld(failures: 1, static () => new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound,
            "Stream events under account 000000000000 not found."));
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        UserRecord[] records = [Record(0), Record(1)];
        var missing = await one.Node.Producer.PutAsync(Arn, records);
        Assert.All(missing, static r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.ResourceNotFound), (r.Status, r.ErrorCode)));
        Assert.Equal([Record(0).PartitionKey, Record(1).PartitionKey], missing.Select(static r => r.Record!.Value.PartitionKey));

        await Waiting.UntilAsync(async () => (await one.Node.Producer.PutAsync(Arn, Record(2))).IsSuccess);
        Assert.True((await two.Node.Producer.PutAsync(Arn, Record(3))).IsSuccess);
        Assert.True((await two.Node.Producer.PutAsync(NodeWorld.Stream, Record(4))).IsSuccess);

        Assert.All(new[] { one, two }, static s => Assert.Equal([NodeWorld.Stream], s.Node.Producer.Streams.Select(static p => p.Stream)));
        Assert.Equal(1, one.Node.Hosted.Count + two.Node.Hosted.Count);
    }

    [Fact]
    public async Task Puts_OfWhichKinesisNeverTells_Fail_AndNothingIsPutUnderTheArn()
    {
        await using var world = NewWorld(failures: int.MaxValue, static () => new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no"));
        var silo = await world.StartAsync();
        var single = await silo.Node.Producer.EnqueueAsync(Arn, Record(0));
        using var batch = await silo.Node.Producer.EnqueueAsync(Arn, new[] { Record(1), Record(2) });

        RecordResult[] results = [await single.Delivery, .. await batch.Delivery];
        Assert.All(results, static r => Assert.Equal((RecordStatus.Failed, "AccessDeniedException"), (r.Status, r.ErrorCode)));
        Assert.Empty(world.Kinesis.Records);
        Assert.Empty(silo.Node.Producer.Streams);
        Assert.InRange(_asked, StreamNameResolver.Tries, 3 * StreamNameResolver.Tries);
    }

    private static UserRecord Record(int number) => new($"key-{number}", new[] { (byte)number });

    private NodeWorld NewWorld(int failures, Func<KinesisException> failure)
    {
        var world = new NodeWorld(shards: 1, static o => o.Ordered = OrderedMode.PutRecords);
        world.Kinesis.Summary = static () => new StreamSummary(Arn, "ACTIVE", DateTimeOffset.UnixEpoch, 1024, false);
        world.Kinesis.BeforeSummary = _ => Interlocked.Increment(ref _asked) <= failures ? throw failure() : ValueTask.CompletedTask;
        return world;
    }
}
