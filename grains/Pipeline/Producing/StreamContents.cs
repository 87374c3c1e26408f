namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>What a stream of this process holds, as far as it matters to whether the stream may close.</summary>
internal readonly record struct StreamContents
{
    /// <summary>Records without an outcome: those accepted here, and those that other processes forwarded here.</summary>
    public long Records { get; init; }

    /// <summary>Whether callers wait for memory.</summary>
    public bool HasWaiters { get; init; }

    /// <summary>Whether calls to Kinesis are under way.</summary>
    public bool HasCalls { get; init; }

    /// <summary>Whether its calls fail: health tells of it.</summary>
    public bool IsTroubled { get; init; }

    /// <summary>Whether a reshard is announced.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>Whether its backlog holds anything, or its store does not answer.</summary>
    public bool HasBacklog { get; init; }

    /// <summary>Whether anything is under way to or from owners in other processes, or an owner is sought.</summary>
    public bool IsLinked { get; init; }

    /// <summary>How many shards are served here for the cluster, or are being closed.</summary>
    public int ServedShards { get; init; }

    /// <summary>How many activations here hold one of its shards, also those that are about to end.</summary>
    public int HostedShards { get; init; }

    /// <summary>Whether one of the served shards may not send yet, since a former owner might.</summary>
    public bool AwaitsTurn { get; init; }
}
