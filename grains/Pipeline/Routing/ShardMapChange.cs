namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>How a newly read shard map relates to earlier ones.</summary>
internal enum ShardMapChange
{
    /// <summary>The stream is the known one, perhaps after reshards.</summary>
    SameStream,

    /// <summary>
    /// A known shard appears with another range or another first sequence number, which never happens to a shard: the stream was deleted and created
    /// again.
    /// </summary>
    OtherStream,

    /// <summary>In the range of a known open shard only older shards are listed: the listing lags behind, or the stream was created again.</summary>
    Older,

    /// <summary>A shard that was never seen has a lower number than shards that were seen: the stream may be another one.</summary>
    Doubtful,
}
