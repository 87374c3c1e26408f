using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Relaying;

/// <summary>
/// Changes a stream straight from this silo. Where that fails on a way that is broken, and another silo reaches Kinesis, the stream's manager moves there:
/// other silos make no changes for this one.
/// </summary>
/// <param name="move">Moves the manager to a silo.</param>
internal sealed class MovingControl(IKinesisControl kinesis, KinesisWays ways, ISiloLinks links, TimeProvider time, Action<SiloId> move) : IKinesisControl
{
    private int _moves;

    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.SplitShardAsync(stream, shardId, newStartingHashKey, cancellationToken));

    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.MergeShardsAsync(stream, shardId, adjacentShardId, cancellationToken));

    public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.UpdateShardCountAsync(stream, targetShardCount, cancellationToken));

    public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) =>
        ChangeAsync(stream, () => kinesis.ChangeCapacityAsync(stream, streamArn, call, cancellationToken));

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        CallAsync(stream, () => kinesis.DescribeStreamSummaryAsync(stream, cancellationToken));

    // Nobody needs the answers of these two so much that a manager moves, and its list of failures begins anew.
    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.DescribeLimitsAsync(stream, cancellationToken);

    public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        kinesis.DescribeCommitmentAsync(stream, cancellationToken);

    private Task<bool> ChangeAsync(StreamTarget stream, Func<Task> change) => CallAsync(stream, async () =>
    {
        await change().ConfigureAwait(false);
        return true;
    }).AsTask();

    private async ValueTask<T> CallAsync<T>(StreamTarget stream, Func<ValueTask<T>> call)
    {
        try
        {
            return await ways.StraightAsync(stream.Stream, call).ConfigureAwait(false);
        }
        catch (KinesisException e) when (AwayCodes.IsOfTheWay(e.Code) && ways.Find(stream.Stream) is { IsBroken: true })
        {
            if (await FindOtherAsync(stream).ConfigureAwait(false) is not { } other)
                throw;
            if (Interlocked.Increment(ref _moves) == 1)
                move(other);
            var message = $"{e.Message.TrimEnd('.')}. The stream's manager moves to silo {other}, which reaches Kinesis.";
            throw new KinesisException(e.Kind, e.Code, message, e.HttpStatus, e);
        }
    }

    /// <summary>Returns a silo that reaches Kinesis now; null where none does, or none says so in time.</summary>
    private async Task<SiloId?> FindOtherAsync(StreamTarget stream)
    {
        var began = time.GetTimestamp();
        foreach (var silo in ways.Others)
        {
            try
            {
                var left = stream.RequestTimeout - time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero)
                    return null;
                await links.To(silo).Kinesis.DescribeAsync(stream.Stream).Observed().WaitAsync(left, time).ConfigureAwait(false);
                return silo;
            }
            catch (Exception)
            {
                // It does not reach Kinesis either, or does not answer.
            }
        }

        return null;
    }
}
