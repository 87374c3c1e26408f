using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws;

/// <summary>Implements the pipeline's interfaces to Kinesis with the wire client.</summary>
internal sealed class KinesisGateway(KinesisClient client) : IKinesisGateway, IKinesisControl, IDisposable
{
    /// <summary>All other operations, over the same connections.</summary>
    public KinesisClient Client { get; } = client;

    public int CallsTogether => Client.CallsTogether;

    public ValueTask<PutRecordsReply> PutRecordsAsync(
        StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        Client.PutRecordsAsync(stream, entries, cancellationToken);

    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
        Client.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);

    public async ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = await Client.ListShardsAsync(stream, ShardFilter.AtLatest, cancellationToken).ConfigureAwait(false);

        // Some services that emulate Kinesis ignore the filter.
        return [.. shards.Where(shard => shard.IsOpen).Select(ToRange)];
    }

    public async ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = await Client.ListShardsAsync(stream, ShardFilter.FromTrimHorizon, cancellationToken).ConfigureAwait(false);
        return [.. shards.Where(shard => !shard.IsOpen).Select(ToRange)];
    }

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        Client.DescribeStreamSummaryAsync(stream, cancellationToken);

    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
        Client.SplitShardAsync(stream, shardId, newStartingHashKey, cancellationToken);

    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        Client.MergeShardsAsync(stream, shardId, adjacentShardId, cancellationToken);

    public async Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        await Client.UpdateShardCountAsync(stream, targetShardCount, cancellationToken).ConfigureAwait(false);

    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        Client.DescribeLimitsAsync(stream, cancellationToken);

    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        Client.DescribeCommitmentAsync(stream, cancellationToken);

    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) =>
        Client.ChangeCapacityAsync(stream, streamArn, call, cancellationToken);

    public void Dispose() => Client.Dispose();

    private static ShardRange ToRange(ShardDescription shard) =>
        new(shard.ShardId, shard.StartingHashKey, shard.EndingHashKey, shard.StartingSequenceNumber);
}

/// <summary>Creates gateways from settings; a gateway sends nothing and fetches no credentials before the first call.</summary>
internal static class KinesisGatewayFactory
{
    /// <param name="options">Section <c>Kpl:Kinesis</c>.</param>
    /// <param name="time">The clock that requests are signed and timed with.</param>
    /// <param name="maxConnections">The most connections to one host; further calls wait for a free connection.</param>
    /// <exception cref="KinesisSettingsException">No call can be made with these settings; the exception names the setting.</exception>
    public static KinesisGateway Create(KinesisOptions options, TimeProvider time, int maxConnections = 256) =>
        Create(options, AwsEnvironment.Process, time, maxConnections);

    public static KinesisGateway Create(KinesisOptions options, AwsEnvironment environment, TimeProvider time, int maxConnections)
    {
        var reached = AwsConnection.Open(AwsService.Kinesis, options, environment, maxConnections, time);
        return new KinesisGateway(new KinesisClient(
            reached.Handler, reached.Location, reached.Credentials, options.UseArnHost, time, BodyHasher.Create(options.VectorHashing))
        {
            Heeded = reached.Heeded,
        });
    }
}
