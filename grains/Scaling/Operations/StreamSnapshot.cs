using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Scaling.Operations;

/// <summary>A stream as it was read: its summary first, its shards after that, so that the shards of an ACTIVE stream are new enough.</summary>
internal sealed record StreamSnapshot(StreamSummary Summary, IReadOnlyList<ShardRange> Shards);
