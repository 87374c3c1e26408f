namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>How full a shard's bucket is: what a clean hand-over carries to the next owner.</summary>
/// <param name="Records">Tokens for records.</param>
/// <param name="Bytes">Tokens for bytes; below zero after a record larger than the bucket.</param>
internal readonly record struct ShardLevel(double Records, double Bytes)
{
    /// <summary>After an owner that was lost: nobody knows what it still sent.</summary>
    public static ShardLevel Empty { get; } = new(0, 0);
}
