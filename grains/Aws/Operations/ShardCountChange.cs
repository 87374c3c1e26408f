namespace Orleans.Kpl.Aws.Operations;

/// <summary>What UpdateShardCount answers.</summary>
internal readonly record struct ShardCountChange(int CurrentShardCount, int TargetShardCount);
