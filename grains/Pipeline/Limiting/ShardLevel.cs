namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>How full a shard's bucket is: a clean hand-over passes it to the next owner.</summary>
/// <param name="Records">The tokens for records.</param>
/// <param name="Bytes">The tokens for bytes; below zero after a record larger than the bucket.</param>
internal readonly record struct ShardLevel(double Records, double Bytes)
{
    /// <summary>The level after an owner that was lost: nobody knows what it still sent.</summary>
    public static ShardLevel Empty { get; } = new(0, 0);
}
