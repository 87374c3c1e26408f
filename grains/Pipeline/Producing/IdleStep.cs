namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>What becomes of a stream that nobody has used for a while.</summary>
internal enum IdleStep
{
    /// <summary>It stays as it is: something would be lost or forgotten.</summary>
    Stay,

    /// <summary>It gives back the shards that it serves for the cluster. It closes at a later look.</summary>
    Release,

    /// <summary>It closes.</summary>
    Close,
}
