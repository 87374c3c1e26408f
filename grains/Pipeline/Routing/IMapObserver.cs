namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>Hears what reading the shard map came to.</summary>
internal interface IMapObserver
{
    /// <returns>False when the listing lags behind what is known already, so that it must be read again.</returns>
    bool MapLoaded(IReadOnlyList<ShardRange> openShards);

    /// <summary>Kinesis does not know the stream.</summary>
    void StreamMissing(string message);

    /// <summary>No map can be had for now.</summary>
    void MapUnavailable();
}
