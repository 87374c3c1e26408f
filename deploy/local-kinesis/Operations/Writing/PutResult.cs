using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Operations.Writing;

/// <summary>What the producer of a record is told: shard and number, or an error.</summary>
internal readonly record struct PutResult(Shard Shard, SequenceNumber Number, string? ErrorCode, string? ErrorMessage);
