using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Relaying;

/// <summary>
/// Changes a stream straight from this silo. Where a change fails on a way that is broken, and another silo reaches Kinesis, the stream's manager moves
/// there: other silos make no changes for this one.
/// </summary>
/// <param name="move">Moves the manager to a silo.</param>
internal sealed class MovingControl(IKinesisControl kinesis, KinesisWays ways, ISiloLinks links, TimeProvider time, Action<SiloId> move) : IKinesisControl
{
    /// <summary>So many other silos are asked at once: AWS takes 20 such calls a second of an account.</summary>
    private const int MostAsked = 8;

    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.SplitShardAsync(stream, shardId, newStartingHashKey, cancellationToken), cancellationToken);

    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.MergeShardsAsync(stream, shardId, adjacentShardId, cancellationToken), cancellationToken);

    public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.UpdateShardCountAsync(stream, targetShardCount, cancellationToken), cancellationToken);

    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.ChangeCapacityAsync(stream, streamArn, call, cancellationToken), cancellationToken);

    // Nobody needs what these read so much that a manager moves, and its list of failures begins anew.
    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.DescribeStreamSummaryAsync(stream, cancellationToken);

    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.DescribeLimitsAsync(stream, cancellationToken);

    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.DescribeCommitmentAsync(stream, cancellationToken);

    private async Task ChangeAsync(StreamTarget stream, Func<Task> change, CancellationToken cancellationToken)
    {
        try
        {
            await change().ConfigureAwait(false);
        }
        catch (KinesisException e) when (AwayCodes.IsOfTheWay(e.Code) && ways.Find(stream.Stream) is { IsBroken: true } way)
        {
            if (await FindOtherAsync(way, stream, cancellationToken).ConfigureAwait(false) is not { } other)
                throw;
            move(other);
            var message = $"{e.Message.TrimEnd('.')}. The stream's manager moves to silo {other}, which reaches Kinesis.";
            throw new KinesisException(e.Kind, e.Code, message, e.HttpStatus, e);
        }
    }

    /// <summary>Returns the first silo that says that it reaches Kinesis; null where none does, or none says so in time.</summary>
    private async Task<SiloId?> FindOtherAsync(KinesisWay way, StreamTarget stream, CancellationToken cancellationToken)
    {
        await foreach (var asked in Task.WhenEach(ways.Others.Where(way.MayAsk).Take(MostAsked).Select(AskAsync)).ConfigureAwait(false))
        {
            if (await asked.ConfigureAwait(false) is { } silo)
                return silo;
        }

        return null;

        async Task<SiloId?> AskAsync(SiloId silo)
        {
            try
            {
                await links.To(silo).Kinesis.DescribeAsync(stream.Stream).Observed().WaitAsync(stream.RequestTimeout, time, cancellationToken)
                    .ConfigureAwait(false);
                return silo;
            }
            catch (Exception)
            {
                // It does not reach Kinesis either, or does not answer.
                return null;
            }
        }
    }
}
