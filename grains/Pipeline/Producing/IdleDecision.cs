namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>Decides what becomes of a stream that nobody has used for a while, from what it holds.</summary>
internal static class IdleDecision
{
    /// <summary>Returns what becomes of the stream. Nobody uses it, and nobody begins to while it is looked at.</summary>
    public static IdleStep Of(in StreamContents held)
    {
        if (held.Records > 0 || held.HasWaiters || held.HasCalls || held.IsTroubled || held.IsAnnounced || held.HasBacklog || held.IsLinked)
            return IdleStep.Stay;
        if (held.ServedShards == 0)
            return held.HostedShards == 0 ? IdleStep.Close : IdleStep.Stay;
        // The next owner would have to wait anew.
        return held.AwaitsTurn ? IdleStep.Stay : IdleStep.Release;
    }
}

/// <summary>What becomes of a stream that nobody has used for a while.</summary>
internal enum IdleStep
{
    /// <summary>It stays as it is: something would be lost or forgotten.</summary>
    Stay,

    /// <summary>It gives back the shards that it serves for the cluster. It closes at a later look.</summary>
    Release,

    /// <summary>It closes.</summary>
    Close,
}

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

/// <summary>When a stream counts as idle.</summary>
internal static class StreamIdling
{
    /// <summary>How long a stream is unused before it closes, in every producer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
}
