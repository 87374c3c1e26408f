namespace Orleans.Kpl.Pipeline.Backlog.Writing;

/// <summary>The segments of a stream that the store is not known to have. Guarded by the lock of its <see cref="GroupCommit"/>.</summary>
internal sealed class UnwrittenSegments
{
    /// <summary>The segment that records are added to; null where the next one begins another.</summary>
    public PendingSegment? Open { get; set; }

    /// <summary>Segments that wait to be written, the oldest first.</summary>
    public Queue<PendingSegment> Closed { get; } = [];

    /// <summary>Segments that are being written, by their numbers.</summary>
    public SortedDictionary<long, PendingSegment> Writing { get; } = [];

    /// <summary>How many numbers lie between the first and the last segment that is being written, both included: at least as many as are written.</summary>
    public long Window => Writing.Count == 0 ? 0 : Writing.Keys.Last() - Writing.Keys.First() + 1;

    /// <summary>Since when a segment is being written that the store has not acknowledged; never where there is none.</summary>
    public long SilentSince => Writing.Count == 0 ? long.MaxValue : Writing.Values.Min(static s => s.SilentSince);

    /// <summary>Taken segments that are still to be handed on, the oldest first.</summary>
    public List<PendingSegment> Leaving { get; } = [];

    /// <summary>The number of segments that the store does not have yet.</summary>
    public int Count => Closed.Count + Writing.Count + (Open is null ? 0 : 1);

    /// <summary>The oldest segment whose write was not begun; null where there is none.</summary>
    public PendingSegment? OldestToWrite => Closed.TryPeek(out var first) ? first : Open;

    /// <summary>The oldest segment that is neither acknowledged nor taken; null where there is none.</summary>
    public PendingSegment? FirstWaiting => Writing.Values.FirstOrDefault(static s => !s.IsTaken) ?? OldestToWrite;

    /// <summary>When the oldest record of <see cref="FirstWaiting"/> was accepted; never where there is none.</summary>
    public long OldestAcceptedAt => FirstWaiting?.Callers.Min(static c => c.Sink.AcceptedAt) ?? long.MaxValue;

    /// <summary>Takes segments to be handed on. Those being written stay so: a store that was silent may still acknowledge them.</summary>
    public void Take(Predicate<PendingSegment> isMeant)
    {
        foreach (var segment in Writing.Values.Where(s => !s.IsTaken && isMeant(s)))
            Leave(segment);
        for (var left = Closed.Count; left > 0; left--)
        {
            var segment = Closed.Dequeue();
            if (isMeant(segment))
                Leave(segment);
            else
                Closed.Enqueue(segment);
        }
    }

    /// <summary>Returns the segments that were taken, and forgets them.</summary>
    public List<PendingSegment> TakeLeaving()
    {
        List<PendingSegment> leaving = [.. Leaving];
        Leaving.Clear();
        return leaving;
    }

    private void Leave(PendingSegment segment)
    {
        segment.IsTaken = true;
        Leaving.Add(segment);
    }
}
