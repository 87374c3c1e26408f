using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>What one shard's owner saw of it.</summary>
/// <param name="Owner">The owner's name; null for an embedded producer.</param>
/// <param name="ShardId">The shard.</param>
/// <param name="Report">What it saw; null where nothing was sent for it yet.</param>
internal sealed record OwnedLoad(string? Owner, string ShardId, ShardLoadReport? Report);
