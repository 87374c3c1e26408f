using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A stream of an embedded producer: this process is the only sender, as far as it knows.</summary>
internal sealed class EmbeddedStream(ProducerPipeline producer, IKinesisGateway kinesis, StreamTarget target, RecentFailures failures) : IManagedStream
{
    public StreamTarget Target => target;

    public ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken) => kinesis.DescribeStreamSummaryAsync(target, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken) => kinesis.ListShardsAsync(target, cancellationToken);

    public IReadOnlyList<ShardRange> KnownShards => Stream?.Routes.Map.Listed.Shards ?? [];

    /// <summary>Announces new shards. A stream without records so far is notified too: its first record may come before the shards have changed.</summary>
    public Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken) =>
        producer.AnnounceBoundaries(target.Stream, hashKeys).WaitAsync(cancellationToken);

    public Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken)
    {
        producer.WithdrawBoundaries(target.Stream, hashKeys);
        return Task.CompletedTask;
    }

    public Task RefreshAsync(CancellationToken cancellationToken)
    {
        Stream?.RefreshMap();
        return Task.CompletedTask;
    }

    /// <summary>Tells what was observed. Who looks again and again, as a policy does, keeps the stream open and so what it has observed.</summary>
    public Task<OwnedLoads> LoadsAsync(CancellationToken cancellationToken)
    {
        var stream = Stream;
        if (stream is not null)
            producer.Uses.MarkLooked(target.Stream, stream.Clock.Now);
        return Task.FromResult(new OwnedLoads([.. stream?.LoadReports().Select(static l => new OwnedLoad(null, l.ShardId, l.Report)) ?? []]));
    }

    public Task<ShardObservation?> FindObservationAsync(string shardId, string? owner, CancellationToken cancellationToken) =>
        Task.FromResult(Stream?.Observations().FirstOrDefault(s => s.ShardId == shardId));

    public FailedRecordPage Failures(long after)
    {
        var all = failures.Page(target.Stream, 0, RecentFailures.Kept);
        return all.Next < after ? all : failures.Page(target.Stream, after, RecentFailures.Kept);
    }

    private StreamPipeline? Stream => producer.Find(target.Stream);
}
