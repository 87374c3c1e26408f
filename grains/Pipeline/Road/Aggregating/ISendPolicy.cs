using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Holds a shard's Kinesis records from their closing until they are sent, and again when they must be retried. It knows their order and
/// which may be sent next; its engine has open aggregates, tokens and time.
/// </summary>
/// <remarks>Guarded by its engine's lock. Called for Kinesis records, never for each user record.</remarks>
internal interface ISendPolicy
{
    /// <summary>Whether no record is held. Records in flight do not count.</summary>
    bool IsEmpty { get; }

    /// <summary>Whether a record waits for a retry.</summary>
    bool HasRetries { get; }

    /// <summary>When the first member of any held record expires.</summary>
    long EarliestExpiry { get; }

    /// <summary>When the oldest member of any held record was accepted.</summary>
    long OldestAcceptedAt { get; }

    /// <summary>The shortest time between two searches for expired records, in ticks.</summary>
    long ExpiryGrid { get; }

    /// <summary>Returns how large an aggregate that opens now may grow.</summary>
    AggregationLimits LimitsWithin(AggregationLimits most);

    /// <summary>Adds a closed aggregate behind those closed before.</summary>
    void Enqueue(KinesisRecord record);

    /// <summary>Takes back a Kinesis record whose attempt failed. It may be sent again from <see cref="KinesisRecord.NotBefore"/>.</summary>
    void TakeBack(KinesisRecord record);

    /// <summary>Determines which record may be sent next, if there are tokens for it.</summary>
    /// <param name="first">The Kinesis record to be sent; null when the open aggregate is next.</param>
    /// <param name="wakeAt">When another record may be sent, should this one have to wait.</param>
    /// <returns>False when nothing may be sent before <paramref name="wakeAt"/>, not even the open aggregate.</returns>
    bool MaySend(long now, out KinesisRecord? first, out long wakeAt);

    /// <summary>Removes the record that <see cref="MaySend"/> named, to be sent.</summary>
    KinesisRecord Dequeue(long now);

    /// <summary>Notes that a Kinesis record is sent: one of those held here, or the open aggregate.</summary>
    void OnSending(KinesisRecord record, long now);

    /// <summary>Tells the collector to send the closed records without waiting for others.</summary>
    void FlushNow(long now);

    /// <summary>Removes all records, in order.</summary>
    void TakeAll(List<KinesisRecord> into);

    /// <summary>Removes the records that have expired.</summary>
    List<KinesisRecord> TakeExpired(long now);

    /// <summary>Ensures that no Kinesis record straddles one of these boundaries. Returns the records that must be routed again for that.</summary>
    List<KinesisRecord> TakeDivided(Boundaries boundaries);

    /// <summary>Removes the records that are larger than the limit.</summary>
    /// <param name="bytes">The limit in bytes.</param>
    /// <param name="ended">
    /// Receives the records that have expired, or had all their attempts, where aggregates are taken apart in their places.
    /// </param>
    List<KinesisRecord> TakeLarger(long bytes, List<KinesisRecord> ended);
}
