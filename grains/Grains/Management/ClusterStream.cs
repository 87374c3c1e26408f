using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Grains.Management;

/// <summary>A stream of the tier: its manager's readings give its state in Kinesis, and every silo sends for some of its shards.</summary>
internal sealed class ClusterStream(StreamTarget target, ClusterGateway kinesis, SiloLinks links, LiveSilos silos) : IManagedStream
{
    public StreamTarget Target => target;

    public ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken) => kinesis.DescribeStreamSummaryAsync(target, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken) => kinesis.ListShardsAsync(target, cancellationToken);

    /// <summary>
    /// Announces boundaries with one call to each silo. If a silo does not answer, this fails, since its aggregates might straddle a
    /// boundary.
    /// </summary>
    public Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken)
    {
        UInt128[] keys = [.. hashKeys];
        return Task.WhenAll(silos.Owners.Select(s => AskAsync(s, l => l.AnnounceBoundaries(target.Stream, keys), cancellationToken)));
    }

    public Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken)
    {
        UInt128[] keys = [.. hashKeys];
        return Task.WhenAll(silos.Owners.Select(s => AskAsync(s, l => l.WithdrawBoundaries(target.Stream, keys), cancellationToken)));
    }

    public Task RefreshAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(silos.Owners.Select(s => AskAsync(s, l => l.MapChanged(target.Stream), cancellationToken)));

    /// <summary>Returns the loads of all shards, except those of silos that do not answer.</summary>
    public async Task<IReadOnlyList<OwnedLoad>> LoadsAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(silos.Owners.Select(LoadsOfAsync)).WaitAsync(cancellationToken).ConfigureAwait(false);
        return [.. answers.SelectMany(static a => a)];
    }

    private async Task<IEnumerable<OwnedLoad>> LoadsOfAsync(Orleans.Runtime.SiloAddress silo)
    {
        try
        {
            var loads = await links.To(silo).GetLoads(target.Stream).ConfigureAwait(false);
            return loads.Shards.Select(s => new OwnedLoad(silo.ToString(), s.ShardId, s.ToReport()));
        }
        catch (Exception)
        {
            return [];
        }
    }

    /// <summary>Calls a silo. One that is gone meanwhile has nothing in flight.</summary>
    private async Task AskAsync(Orleans.Runtime.SiloAddress silo, Func<ISiloLink, Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await ask(links.To(silo)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (silos.IsLost(silo) || !silos.Owners.Contains(silo))
        {
            // The silo is not asked any more.
        }
    }
}
