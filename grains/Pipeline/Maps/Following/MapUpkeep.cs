namespace Orleans.Kpl.Pipeline.Maps.Following;

/// <summary>
/// Keeps the shard map fresh while records flow. Records without a map wait until it is read, or fail because the stream does not exist.
/// </summary>
internal sealed class MapUpkeep(ShardTopology topology, ShardMapReader map, ShardMapApplier follower)
{
    private volatile bool _stopped;

    /// <inheritdoc cref="ShardMapReader.IsUnknown"/>
    public bool IsUnknown => map.IsUnknown;

    /// <summary>
    /// Checks the map when records have arrived: it reads an old or missing map again, or fails the waiting records if the stream does not exist.
    /// </summary>
    public void EnsureFresh(long now)
    {
        if (topology.Current.Map.Count > 0)
        {
            if (map.IsDue(now))
                map.Begin();
            return;
        }

        if (_stopped)
            return;
        if (map.IsMissing(now))
            follower.FailWaiting();
        else
            map.Begin();
    }

    /// <summary>Reads the map again, because it has probably changed: also where an answer is on its way, which may be older than the change.</summary>
    public void Refresh() => _ = map.ReadAsync();

    /// <summary>Stops reading the map.</summary>
    public void Stop()
    {
        _stopped = true;
        map.Stop();
    }
}
