namespace Orleans.Kpl;

/// <summary>
/// Whether a stream keeps the order in which its records were accepted, within each shard, and by which call. Records first appear in
/// that order. A record whose attempt was ambiguous (no answer, an InternalFailure) may appear again later, under the same producer
/// number.
/// </summary>
public enum OrderedMode
{
    /// <summary>No order is kept. The default.</summary>
    Off = 0,

    /// <summary>
    /// One PutRecord at a time per shard, with SequenceNumberForOrdering: the only order that AWS guarantees (API reference,
    /// PutRecord). A call carries one shard's records, so with many shards <see cref="StreamOptions.MaxConnections"/> may have to be
    /// raised.
    /// </summary>
    PutRecord,

    /// <summary>
    /// One Kinesis record per shard in flight, with records of several shards in one PutRecords call. AWS does not guarantee this
    /// order (API reference, PutRecords); the returned sequence numbers are used to check it.
    /// </summary>
    PutRecords,
}
