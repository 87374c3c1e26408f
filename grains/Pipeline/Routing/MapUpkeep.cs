namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Keeps the shard map fresh while records flow. Where there is no map, records wait for one: either it is being read, or they end because
/// the stream does not exist.
/// </summary>
internal sealed class MapUpkeep(ShardTopology topology, ShardMapReader map, ShardMapApplier follower)
{
    private volatile bool _stopped;

    /// <summary>Records have come: a map that is old is read again, and records that wait for a map do not wait in vain.</summary>
    public void EnsureFresh(long now)
    {
        if (topology.Current.Map.Count > 0)
        {
            if (map.IsDue(now))
                Refresh();
            return;
        }

        if (_stopped)
            return;
        if (map.IsMissing(now))
            follower.FailWaiting();
        else
            Refresh();
    }

    /// <summary>There is reason to believe that the map has changed: it is read again.</summary>
    public void Refresh() => _ = map.ReadAsync();

    /// <summary>No map is read any more.</summary>
    public void Stop()
    {
        _stopped = true;
        map.Stop();
    }
}
