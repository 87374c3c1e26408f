namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>How a shard map that was read relates to those before.</summary>
internal enum ShardMapChange
{
    /// <summary>The stream is the one that was known, perhaps after reshards.</summary>
    SameStream,

    /// <summary>
    /// A shard that is known appears with another range or another first sequence number, which never happens to a shard: the stream was
    /// deleted and created again.
    /// </summary>
    OtherStream,

    /// <summary>
    /// Where a shard is open that is known, only older ones are listed: the listing lags behind, or the stream was created again.
    /// </summary>
    Older,

    /// <summary>A shard that was never seen has a lower number than others that were: the stream may be another one.</summary>
    Doubtful,
}
