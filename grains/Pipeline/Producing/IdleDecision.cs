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
