using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Grains.Tests.Tiers;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>What becomes of a shard of an ordered stream here when it is closed by a reshard.</summary>
public sealed class ClosedShardTests
{
    private const string Stream = "events";

    private static readonly ShardRange Parent = new("shardId-000000000000", 0, UInt128.MaxValue);
    private static readonly ShardRange[] Children =
    [
        new("shardId-000000000001", 0, UInt128.MaxValue / 2), new("shardId-000000000002", UInt128.MaxValue / 2 + 1, UInt128.MaxValue),
    ];

    /// <summary>Its owner gave it back, for it was in no map any more; the owners of its children began beside its last call.</summary>
    [Fact]
    public async Task AShardThatWasSplit_IsServedHereUntilItsLastCallHasEnded()
    {
        var (kinesis, owners) = (new SplitKinesis(), new NoOwners());
        using var log = new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false);
        var options = new KplOptions { DrainTimeout = TimeSpan.FromSeconds(1) };
        options.ForStream(Stream, s => s.Ordered = OrderedMode.PutRecords);
        await using var producer = new ProducerPipeline(options, kinesis, log, TimeProvider.System, new Random(1), _ => owners);
        var pipeline = producer.GetStream(Stream);
        pipeline.Shards.Open(Parent.ShardId, null);
        var put = producer.PutAsync(Stream, new UserRecord("key", new byte[1]), new PutOptions { Immediate = true }).AsTask();
        await kinesis.Called.Task.WaitAsync(Tier.Long);
        kinesis.Shards = Children;
        // The reading that brought the first map may not have ended yet; asking again meanwhile is answered by it.
        await Tier.UntilAsync(() =>
        {
            pipeline.RefreshMap();
            return Task.FromResult(owners.HasClosed.Task.IsCompleted);
        });
        var closing = pipeline.Shards.CloseAsync(Parent.ShardId, Task.CompletedTask);
        Assert.False(closing.IsCompleted);
        kinesis.Answer.SetResult(new PutRecordsReply([new PutRecordsReplyEntry(Parent.ShardId, "1", null, null)]));

        Assert.Null(await closing.WaitAsync(Tier.Long));
        Assert.Equal(RecordStatus.Delivered, (await put.WaitAsync(Tier.Long)).Status);
    }

    [Theory]
    [InlineData("shardId-000000000001", new[] { "shardId-000000000000" })]
    [InlineData("shardId-000000000000", new string[0])]
    public async Task TheShardsBeforeAShard_AreThoseThatWereClosedForIt(string shardId, string[] before)
    {
        var kinesis = new SplitKinesis { Shards = Children, ClosedShards = [Parent] };
        using var log = new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false);
        await using var producer = new ProducerPipeline(new KplOptions(), kinesis, log, TimeProvider.System, new Random(1), _ => new NoOwners());
        if (shardId == Parent.ShardId)
            kinesis.Shards = [Parent];

        Assert.Equal(before, await producer.GetStream(Stream).Shards.ListBeforeAsync(shardId, CancellationToken.None).WaitAsync(Tier.Long));
    }

    /// <summary>Holds each call until it is told the answer, or the call is given up.</summary>
    private sealed class SplitKinesis : IKinesisGateway
    {
        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<PutRecordsReply> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<ShardRange> Shards { get; set; } = [Parent];

        public IReadOnlyList<ShardRange> ClosedShards { get; init; } = [];

        public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
        {
            Called.TrySetResult();
            return new(Answer.Task.WaitAsync(cancellationToken));
        }

        public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
            StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
                throw new NotSupportedException();

        public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) => new(Shards);

        public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) => new(ClosedShards);

        public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            new(new StreamSummary("arn:aws:kinesis:us-east-1:000000000000:stream/" + Stream, "ACTIVE", DateTimeOffset.UnixEpoch, 1024, false));
    }

    /// <summary>Nobody else is there.</summary>
    private sealed class NoOwners : IShardOwners
    {
        public TaskCompletionSource HasClosed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long OldestAcceptedAt => long.MaxValue;

        public void Forward(ShardEngine engine, in IncomingRecord record) => throw new NotSupportedException();

        public void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks) => throw new NotSupportedException();

        public void Opened(ShardEngine engine)
        {
        }

        public void Closed(string shardId) => HasClosed.TrySetResult();

        public void Expedite()
        {
        }

        public void Stop(string code, string message)
        {
        }
    }
}
