using Orleans.Kpl.Aggregation;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Holds a shard's Kinesis records from their closing until they are sent, and again when they must be retried. It knows their places and which may be
/// sent next; its engine has open aggregates, tokens and time. By itself it keeps no places: first come the failed records that may be retried, then the
/// closed ones. Any number is in flight at a time, and a record that backs off holds up no other.
/// </summary>
/// <remarks>Its callers hold its engine's lock, unless a member says otherwise. Called for Kinesis records, never for each user record.</remarks>
internal class SendPolicy
{
    // By the instant from which they may be sent. Like the closed ones they have no memory before the first: each sending looks at both.
    private PriorityQueue<KinesisRecord, long>? _retries;

    /// <summary>The closed records that were not sent yet, the oldest first; null before the first one.</summary>
    protected Queue<KinesisRecord>? Closed;

    /// <summary>Whether records keep their places among each other: none joins or passes what came before it.</summary>
    public virtual bool KeepsPlaces => false;

    /// <summary>All records that are held. Those in flight are not.</summary>
    public virtual IEnumerable<KinesisRecord> Held =>
        _retries is { Count: > 0 } ? _retries.UnorderedItems.Select(static i => i.Element).Concat(Closed ?? []) : Closed ?? [];

    /// <summary>The shortest time between two searches for expired records, in ticks.</summary>
    public virtual long ExpiryGrid => 0;

    /// <summary>The oldest of the closed records; null where there is none.</summary>
    protected KinesisRecord? FirstClosed => Closed is not null && Closed.TryPeek(out var first) ? first : null;

    /// <summary>Returns how large an aggregate that opens now may grow.</summary>
    public virtual AggregationLimits LimitsWithin(AggregationLimits most) => most;

    /// <summary>Adds a closed aggregate behind those closed before.</summary>
    public void Enqueue(KinesisRecord record) => (Closed ??= new()).Enqueue(record);

    /// <summary>Takes back a Kinesis record whose attempt failed. It may be sent again from <see cref="KinesisRecord.NotBefore"/>.</summary>
    public virtual void TakeBack(KinesisRecord record) => (_retries ??= new()).Enqueue(record, record.NotBefore);

    /// <summary>Determines which record may be sent next, if there are tokens for it.</summary>
    /// <param name="first">The Kinesis record to be sent; null when the open aggregate is next.</param>
    /// <param name="wakeAt">When another record may be sent, should this one have to wait.</param>
    /// <returns>False when nothing may be sent before <paramref name="wakeAt"/>, and neither may the open aggregate.</returns>
    public virtual bool MaySend(long now, out KinesisRecord? first, out long wakeAt)
    {
        (first, wakeAt) = (null, long.MaxValue);
        if (_retries is not null && _retries.TryPeek(out var retry, out var due))
            (first, wakeAt) = due <= now ? (retry, wakeAt) : (first, due);
        first ??= FirstClosed;
        return true;
    }

    /// <summary>Removes the record that <see cref="MaySend"/> named, to be sent.</summary>
    public virtual KinesisRecord Dequeue(long now)
    {
        if (_retries is null || !_retries.TryPeek(out var retry, out var due) || due > now)
            return Closed!.Dequeue();
        _retries.Dequeue();
        retry.Deadline = now;
        return retry;
    }

    /// <summary>Notes that a Kinesis record is sent: one of those held here, or the open aggregate.</summary>
    public virtual void OnSending(KinesisRecord record, long now)
    {
    }

    /// <summary>Notes that a shard took a record. Returns the sequence number that its own should have exceeded and did not. Called without the lock.</summary>
    public virtual string? OnTaken(string shardId, string sequenceNumber) => null;

    /// <summary>Notes that a record has its outcome, and its memory is released. Called without the lock.</summary>
    public virtual void OnEnded(KinesisRecord record)
    {
    }

    /// <summary>Removes all records, each in its place.</summary>
    public virtual List<KinesisRecord> TakeAll() => TakeOut(static _ => true);

    /// <summary>Ensures that no such Kinesis record is held. Returns the records that must be routed again for that.</summary>
    public virtual List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant)
    {
        var taken = new List<KinesisRecord>();
        if (_retries is { } retries && retries.UnorderedItems.Any(i => isMeant(i.Element)))
        {
            var apart = retries.UnorderedItems.ToLookup(i => isMeant(i.Element));
            taken.AddRange(apart[true].Select(static i => i.Element));
            taken.Sort(static (one, other) => one.NotBefore.CompareTo(other.NotBefore));
            retries.Clear();
            retries.EnqueueRange(apart[false]);
        }

        for (var left = Closed?.Count ?? 0; left > 0; left--)
        {
            var record = Closed!.Dequeue();
            if (isMeant(record))
                taken.Add(record);
            else
                Closed.Enqueue(record);
        }

        return taken;
    }
}
