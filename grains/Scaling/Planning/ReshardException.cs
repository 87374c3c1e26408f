namespace Orleans.Kpl.Scaling.Planning;

/// <summary>A reshard cannot be planned; the text names the values. Nothing was changed.</summary>
internal sealed class ReshardException(ReshardError error, string message) : Exception(message)
{
    public ReshardError Error { get; } = error;
}

/// <summary>Why a reshard cannot be planned.</summary>
internal enum ReshardError
{
    /// <summary>No open shard has that id.</summary>
    UnknownShard,

    /// <summary>The two shards are not adjacent.</summary>
    NotAdjacent,

    /// <summary>A split key must be above the shard's first hash key and not above its last.</summary>
    KeyOutsideRange,

    /// <summary>The shard holds a single hash key.</summary>
    CannotBeSplit,

    /// <summary>The requested number of shards is not possible.</summary>
    BadTarget,

    /// <summary>The stream is on-demand: Kinesis splits and merges its shards itself and refuses such requests.</summary>
    OnDemand,

    /// <summary>The shards listed leave a hole or overlap: the listing is older than the last reshard.</summary>
    IncompleteListing,
}
