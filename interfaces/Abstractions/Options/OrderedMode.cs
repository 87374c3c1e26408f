namespace Orleans.Kpl;

/// <summary>Whether a stream keeps the order in which its records were accepted, and by which call.</summary>
public enum OrderedMode
{
    /// <summary>No order is kept. The default.</summary>
    Off = 0,

    /// <summary>One PutRecord at a time per shard, with SequenceNumberForOrdering.</summary>
    PutRecord,

    /// <summary>One Kinesis record per shard in flight, in PutRecords.</summary>
    PutRecords,
}
