using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>An entry as it left its process.</summary>
internal readonly record struct SentEntry(byte[] Data, string PartitionKey, UInt128 HashKey)
{
    /// <summary>What limits count: data and key.</summary>
    public int Bytes => Data.Length + PartitionKey.Length;
}

/// <summary>The answer to an entry, and what is stored of it.</summary>
internal readonly record struct PutReply(PutRecordsReplyEntry Entry, StoredRecord? Stored)
{
    /// <summary>The error, or the end of the shard's id with the count of members.</summary>
    public string Text => Entry.ErrorCode ?? $"{Entry.ShardId![^3..]}/{Stored?.Members.Count}";
}
