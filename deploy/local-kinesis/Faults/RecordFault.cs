namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>A fault that hits single records; its probability and its count are counted in records.</summary>
public abstract record RecordFault : Fault
{
    /// <summary>Only records of this shard. Default: null, of all.</summary>
    public string? ShardId { get; init; }

    /// <summary>The ErrorCode that a hit record is answered with.</summary>
    internal abstract string ErrorCode { get; }

    /// <summary>Whether a hit record is applied all the same.</summary>
    internal virtual bool AppliesRecord => false;

    /// <summary>The ErrorMessage that a hit record is answered with.</summary>
    internal abstract string Message(string shardId, string stream);
}
