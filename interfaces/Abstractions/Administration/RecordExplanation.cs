namespace Orleans.Kpl;

/// <summary>Why a record goes, or went, where it does: its shard, who sends for it, how full it is, and what to do next.</summary>
public sealed record RecordExplanation
{
    /// <summary>The stream under the one name that it has.</summary>
    public required string Stream { get; init; }

    /// <summary>The hash key in question; null for a failure whose record is not there any more.</summary>
    public UInt128? HashKey { get; init; }

    /// <summary>The open shard whose range holds the hash key; null where the listing has a hole there, or there is no hash key.</summary>
    public string? ShardId { get; init; }

    /// <summary>The lowest hash key of the shard.</summary>
    public UInt128? StartingHashKey { get; init; }

    /// <summary>The highest hash key of the shard.</summary>
    public UInt128? EndingHashKey { get; init; }

    /// <summary>The silo that sends for the shard; null for an embedded producer, and while the shard has no owner.</summary>
    public string? OwnerSilo { get; init; }

    /// <summary>Names the open shards that Kinesis lists now. Two lists of the same shards have the same name.</summary>
    public required string MapVersion { get; init; }

    /// <summary>Whether the sender of the shard has it in its own map with this range; null where nobody sends for it yet.</summary>
    public bool? IsMapCurrent { get; init; }

    /// <summary>When Kinesis listed the shards.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>The demand as a share of what the shard takes; above 1 it cannot keep up.</summary>
    public double Utilisation { get; init; }

    /// <summary>Attempts that Kinesis throttled in the shard's last complete minute.</summary>
    public long Throttled { get; init; }

    /// <summary>
    /// How full the shard's token bucket is, 0 to 1, by the scarcer of records and bytes; below 0 while a large record is paid off. Null where
    /// nobody sends for the shard yet.
    /// </summary>
    public double? Bucket { get; init; }

    /// <summary>The share of the shard's rate, 0 to 1, that is left to other writers, judging by throttles; null where that is not observed.</summary>
    public double? ForeignShare { get; init; }

    /// <summary>The hash key as one of the shard's heaviest; null where it is none of them.</summary>
    public HotKeyStatus? HotKey { get; init; }

    /// <summary>The failure; null where the question was about a key.</summary>
    public FailedRecord? Failure { get; init; }

    /// <summary>The findings, in sentences, with the next step.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];
}
