namespace Orleans.Kpl.Pipeline.Load;

/// <summary>A hash key that carries much of a shard's load: in practice one partition key.</summary>
/// <param name="Hash">The hash key.</param>
/// <param name="Share">What it carries at least of the shard's bytes, 0 to 1.</param>
/// <param name="Key">The partition key's text, where it is kept.</param>
internal sealed record HotKey(UInt128 Hash, double Share, string? Key);
