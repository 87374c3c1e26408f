namespace Orleans.Kpl.Scaling.Planning;

/// <summary>A reshard that cannot be planned; the text names the values. Nothing was changed.</summary>
internal sealed class ReshardException(ReshardError error, string message) : Exception(message)
{
    public ReshardError Error { get; } = error;
}

/// <summary>Why a reshard cannot be planned.</summary>
internal enum ReshardError
{
    /// <summary>No open shard has that id.</summary>
    UnknownShard,

    /// <summary>The two shards do not lie side by side.</summary>
    NotAdjacent,

    /// <summary>A split key must lie above the shard's first hash key and not above its last.</summary>
    KeyOutsideRange,

    /// <summary>The shard holds a single hash key.</summary>
    CannotBeSplit,

    /// <summary>The number of shards asked for is no possible one.</summary>
    BadTarget,

    /// <summary>The stream is on-demand: Kinesis splits and merges its shards itself and refuses to do so when asked.</summary>
    OnDemand,

    /// <summary>The shards listed leave a hole or overlap: the listing is older than the last reshard.</summary>
    IncompleteListing,
}
