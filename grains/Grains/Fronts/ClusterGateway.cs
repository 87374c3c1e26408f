using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Grains.Fronts;

/// <summary>
/// Kinesis as a silo's pipeline sees it. Records go straight to Kinesis. Questions about shards go to the stream's manager, the only one in
/// the cluster that asks Kinesis. Records of ordered streams are sent only while this silo holds its lease, checked immediately before the
/// request.
/// </summary>
internal sealed class ClusterGateway(IKinesisGateway kinesis, IGrainFactory grains, SiloLease lease) : IKinesisGateway
{
    public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        CheckLease(stream);
        return kinesis.PutRecordsAsync(stream, entries, cancellationToken);
    }

    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken)
    {
        CheckLease(stream);
        return kinesis.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        Ranges(await AskAsync(stream, static m => m.ListShards(null), cancellationToken).ConfigureAwait(false));

    public async ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        Ranges(await AskAsync(stream, static m => m.ListClosedShards(), cancellationToken).ConfigureAwait(false));

    public async ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var told = await AskAsync(stream, static m => m.DescribeStream(), cancellationToken).ConfigureAwait(false);
        Throw(told.Error);
        return new StreamSummary(told.StreamArn, told.Status, told.CreationTime, told.MaxRecordSizeInKiB, told.OnDemand);
    }

    private async Task<T> AskAsync<T>(StreamTarget stream, Func<IShardMapSource, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(grains.GetGrain<IShardMapSource>(stream.Stream)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KinesisException(KinesisFailureKind.NotSent, e.GetType().Name, $"the manager of the stream did not answer: {e.Message}", inner: e);
        }
    }

    private void CheckLease(StreamTarget stream)
    {
        if (stream.IsOrdered && !lease.IsHeld)
            throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.LeaseLost, "this silo does not hold its lease: another one may own the shard");
    }

    private static ShardRange[] Ranges(ShardListing listing)
    {
        Throw(listing.Error);
        return [.. listing.Shards.Select(static s => new ShardRange(s.ShardId, s.StartingHashKey, s.EndingHashKey, s.StartingSequenceNumber))];
    }

    private static void Throw(KinesisError? error)
    {
        if (error is not null)
            throw new KinesisException((KinesisFailureKind)error.Kind, error.Code, error.Message, error.HttpStatus);
    }
}
