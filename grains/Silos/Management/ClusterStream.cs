using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>A stream of the tier: its manager's readings give its state in Kinesis, and every silo sends for some of its shards.</summary>
/// <param name="known">Returns the open shards as the manager read them last.</param>
/// <param name="failures">Returns failures after a number.</param>
internal sealed class ClusterStream(
    StreamTarget target, ClusterGateway kinesis, ISiloLinks links, LiveSilos silos, Func<IReadOnlyList<ShardRange>> known,
    Func<long, FailedRecordPage> failures) : IManagedStream
{
    public StreamTarget Target => target;

    public ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken) => kinesis.DescribeStreamSummaryAsync(target, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken) => kinesis.ListShardsAsync(target, cancellationToken);

    public IReadOnlyList<ShardRange> KnownShards => known();

    /// <summary>
    /// Announces boundaries with one call to each silo. If a silo does not answer, this fails, since its aggregates might straddle a
    /// boundary.
    /// </summary>
    public Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken) =>
        AskAllAsync(l => l.AnnounceBoundariesAsync(target.Stream, [.. hashKeys]), cancellationToken);

    public Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken) =>
        AskAllAsync(l => l.WithdrawBoundariesAsync(target.Stream, [.. hashKeys]), cancellationToken);

    public Task RefreshAsync(CancellationToken cancellationToken) => AskAllAsync(l => l.MapChangedAsync(target.Stream), cancellationToken);

    /// <summary>Returns the loads of all shards, except those of silos that do not answer, or that leave and still have some.</summary>
    public async Task<OwnedLoads> LoadsAsync(CancellationToken cancellationToken)
    {
        var asked = silos.Owners;
        var isAnyLeaving = silos.IsAnyLeaving;
        var answers = await Task.WhenAll(asked.Select(LoadsOfAsync)).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new OwnedLoads([.. answers.SelectMany(static a => a ?? [])], !isAnyLeaving && answers.All(static a => a is not null));
    }

    public FailedRecordPage Failures(long after) => failures(after);

    /// <summary>Asks the shard's owner; null where it does not answer.</summary>
    public async Task<ShardObservation?> FindObservationAsync(string shardId, string? owner, CancellationToken cancellationToken)
    {
        if (silos.Owners.FirstOrDefault(s => s.ToString() == owner) is not { } silo)
            return null;
        var report = await ClusterView.AskAsync(links, silo, target.Stream, cancellationToken).ConfigureAwait(false);
        return report.Shards.FirstOrDefault(s => s.ShardId == shardId);
    }

    private async Task<IEnumerable<OwnedLoad>?> LoadsOfAsync(SiloId silo)
    {
        try
        {
            var loads = await links.To(silo).GetLoadsAsync(target.Stream).ConfigureAwait(false);
            return loads.Select(l => new OwnedLoad(silo.ToString(), l.ShardId, l.Report));
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Calls every silo that sends: one that leaves does so until its shards have moved.</summary>
    private Task AskAllAsync(Func<ISiloCalls, Task> ask, CancellationToken cancellationToken) =>
        Task.WhenAll(silos.Active.Select(s => AskAsync(s, ask, cancellationToken)));

    /// <summary>Calls a silo. One that is gone meanwhile has nothing in flight.</summary>
    private async Task AskAsync(SiloId silo, Func<ISiloCalls, Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await ask(links.To(silo)).Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (silos.IsLost(silo) || !silos.Active.Contains(silo))
        {
            // The silo is not asked any more.
        }
    }
}
