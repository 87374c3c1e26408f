namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// One call of a reshard. It names ranges, not shards: the ids of shards that an earlier step makes are not known yet.
/// </summary>
/// <param name="Kind">What is called.</param>
/// <param name="Start">The first hash key of the shard that is split or made by a merge; 0 for UpdateShardCount.</param>
/// <param name="End">Its last hash key; 2^128 − 1 for UpdateShardCount.</param>
/// <param name="At">Where the second child starts, or the second of the shards that are merged; 0 for UpdateShardCount.</param>
/// <param name="TargetCount">The number of shards that UpdateShardCount is to make; else 0.</param>
/// <param name="MovedShare">The share of the stream's records that will lie in another shard.</param>
/// <param name="Reason">Why, in a sentence.</param>
internal sealed record ReshardStep(ReshardStepKind Kind, UInt128 Start, UInt128 End, UInt128 At, int TargetCount, double MovedShare, string Reason);
