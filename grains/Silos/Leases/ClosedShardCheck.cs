using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Silos.Leases;

/// <summary>
/// Keeps a silo whose shard map is older from taking an ordered shard that the owner of a child has marked as closed: what it sent would lie among the
/// records of the child. For one taking of one shard.
/// </summary>
/// <param name="isListed">Reads the shard map, and tells whether it shows the shard.</param>
internal sealed class ClosedShardCheck(Func<CancellationToken, Task<bool>> isListed, TimeProvider time)
{
    /// <summary>
    /// So long listings must have gone on showing a shard that is marked as closed. Then they do not lag behind: the stream was created again, and its
    /// shards have the ids of the former ones.
    /// </summary>
    public static readonly TimeSpan ListingLag = TimeSpan.FromSeconds(5);

    private long? _since;

    /// <summary>Whether the shard may be taken over that row.</summary>
    public async Task<bool> MayTakeAsync(StateRow? row, CancellationToken cancellationToken)
    {
        if (row?.Text != EpochText.Closed)
            return true;
        var now = time.GetTimestamp();
        _since = await isListed(cancellationToken).ConfigureAwait(false) ? _since ?? now : null;
        return _since is { } since && time.GetElapsedTime(since, now) >= ListingLag;
    }
}
