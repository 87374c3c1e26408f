namespace Orleans.Kpl.Aws.Operations;

/// <summary>One page of ListShards.</summary>
/// <param name="Shards">The page's shards.</param>
/// <param name="NextToken">What asks for the next page within 300 s; null on the last one.</param>
internal sealed record ShardPage(IReadOnlyList<ShardDescription> Shards, string? NextToken);
