using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Kinesis as one silo reaches it: the calls of a dead one get nowhere.</summary>
internal sealed class WorldKinesis(IKinesisGateway kinesis, WorldSilo silo) : IKinesisGateway
{
    public async ValueTask<PutRecordsReply> PutRecordsAsync(
        StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        await AliveAsync(cancellationToken);
        return await kinesis.PutRecordsAsync(stream, entries, cancellationToken);
    }

    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken)
    {
        await AliveAsync(cancellationToken);
        return await kinesis.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.ListShardsAsync(stream, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.ListClosedShardsAsync(stream, cancellationToken);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.DescribeStreamSummaryAsync(stream, cancellationToken);

    private Task AliveAsync(CancellationToken cancellationToken) =>
        silo.Standing == SiloStanding.Dead ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask;
}
