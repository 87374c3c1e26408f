namespace Orleans.Kpl;

/// <summary>
/// Whether a stream keeps the order in which its records were accepted, within each shard, and by which call. First appearances are in
/// that order; a record whose attempt was ambiguous (no answer, an InternalFailure) may appear once more, later, under the same producer
/// number.
/// </summary>
public enum OrderedMode
{
    /// <summary>No order is kept. The default.</summary>
    Off = 0,

    /// <summary>
    /// One PutRecord at a time per shard, with SequenceNumberForOrdering: the only order that AWS promises (API reference, PutRecord). A call
    /// carries one shard's records, so that with many shards <see cref="StreamOptions.MaxConnections"/> may have to be raised.
    /// </summary>
    PutRecord,

    /// <summary>
    /// One Kinesis record per shard in flight, those of several shards in one PutRecords call. AWS does not promise this order (API
    /// reference, PutRecords); it is checked by the sequence numbers that come back.
    /// </summary>
    PutRecords,
}
