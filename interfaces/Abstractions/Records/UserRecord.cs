namespace Orleans.Kpl;

/// <summary>
/// A record to put: data under a partition key, with an optional explicit hash key.
/// </summary>
/// <remarks>
/// A producer copies key and data before <c>EnqueueAsync</c> completes; afterwards the caller may reuse the memory.
/// </remarks>
public readonly struct UserRecord
{
    /// <summary>Creates a record. The constructor checks nothing; the producer checks the record when it is put.</summary>
    /// <param name="partitionKey">1 to 256 UTF-16 code units (KPL <c>KinesisProducer.addUserRecord</c>).</param>
    /// <param name="data">The payload. Key (as UTF-8) and data together must fit the stream's own record limit.</param>
    /// <param name="explicitHashKey">Replaces the MD5 of the partition key when the shard is chosen; 0 to 2^128 − 1.</param>
    public UserRecord(string partitionKey, ReadOnlyMemory<byte> data, UInt128? explicitHashKey = null)
    {
        PartitionKey = partitionKey;
        Data = data;
        ExplicitHashKey = explicitHashKey;
    }

    /// <summary>The partition key, 1 to 256 UTF-16 code units.</summary>
    public string PartitionKey { get; }

    /// <summary>The payload; may be empty.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The explicit hash key, or null for the MD5 of the partition key.</summary>
    public UInt128? ExplicitHashKey { get; }
}
