using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;

namespace Orleans.Kpl.Pipeline.Road.Judging;

/// <summary>
/// What is known of the stream and its shards when a record is accepted or an answer is judged, and how more is learnt where that is not enough. What is
/// learnt for a record is waited for no longer than the record's own time-to-live.
/// </summary>
internal abstract class StreamKnowledge
{
    /// <summary>Whether the stream's record limit is not known yet, so that 1 MiB is assumed.</summary>
    public abstract bool IsLimitUnknown { get; }

    /// <summary>Completes when the record limit is known, or cannot be read. Never throws.</summary>
    public abstract Task LimitKnownAsync();

    /// <summary>Whether sequence numbers show when a shard was created.</summary>
    public abstract bool NumbersTell { get; }

    /// <summary>Whether the shard map was read after that instant.</summary>
    public abstract bool IsFreshSince(long instant);

    /// <summary>Whether the stream was not there after that instant, or its map may not be read.</summary>
    public abstract bool IsGoneSince(long instant);

    /// <summary>Returns the range of a shard that is or was open; null for one never seen.</summary>
    public abstract ShardRange? RangeOf(string shardId);

    /// <summary>Reads the map again, unless that was done after that instant.</summary>
    public abstract void Refresh(long since);

    /// <summary>Checks what a sequence number says of its shard, now that the answer that had it was looked into.</summary>
    /// <param name="since">When the call of the answer began.</param>
    public abstract void CheckNumber(string shardId, string sequenceNumber, long since);

    /// <summary>When the oldest record was accepted for which something is being learnt; <see cref="long.MaxValue"/> for none.</summary>
    public abstract long OldestAcceptedAt();

    /// <summary>Seeks what explains that a shard took a record.</summary>
    public abstract Task ExplainAsync(KinesisRecord record, string shardId, Func<bool> isExplained);

    /// <summary>Reads the map for a record.</summary>
    public abstract Task ReadMapAsync(KinesisRecord record);

    /// <summary>Learns the stream's record limit again for a record, unless that was done after that instant.</summary>
    public abstract Task LearnLimitAsync(KinesisRecord record, long since);
}
