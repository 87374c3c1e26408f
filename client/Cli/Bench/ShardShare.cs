namespace Orleans.Kpl.Cli.Bench;

/// <summary>An open shard, and its share of the hash keys.</summary>
internal sealed record ShardShare(string ShardId, double Share)
{
    public static ShardShare Of(string shardId, UInt128 startingHashKey, UInt128 endingHashKey) =>
        new(shardId, ((double)(endingHashKey - startingHashKey) + 1) / (double)UInt128.MaxValue);
}
