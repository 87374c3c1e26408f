namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What the endpoint found when it checked what it had kept.</summary>
/// <param name="Requests">PutRecords calls.</param>
/// <param name="KinesisRecords">Their entries.</param>
/// <param name="Records">User records in them.</param>
/// <param name="NumberSum">Sum of the numbers that stand in the records' first eight bytes; tells a lost record from a doubled one.</param>
/// <param name="WireBytes">Bytes of the bodies.</param>
/// <param name="BadTrailers">Aggregates whose MD5 is wrong.</param>
/// <param name="StrayMembers">User records in an aggregate that went to another shard than their own key leads to.</param>
internal sealed record EndpointReport(long Requests, long KinesisRecords, long Records, ulong NumberSum, long WireBytes, long BadTrailers, long StrayMembers);
