namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>A shard that is to move to another candidate, both by index.</summary>
internal readonly record struct ShardMove(int Shard, int To);
