using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Holds a shard's Kinesis records from their closing until they are sent, and again when they have to be sent once more. It knows their
/// order and which may be sent next; open aggregates, tokens and time are its engine's.
/// </summary>
/// <remarks>Guarded by its engine's lock. Called for Kinesis records, never for each user record.</remarks>
internal interface ISendPolicy
{
    /// <summary>Nothing is held. What is in flight is not.</summary>
    bool IsEmpty { get; }

    /// <summary>Something waits for another try.</summary>
    bool HasRetries { get; }

    /// <summary>When the first member of anything held expires.</summary>
    long EarliestExpiry { get; }

    /// <summary>When the oldest member of anything held was accepted.</summary>
    long OldestAcceptedAt { get; }

    /// <summary>What has expired is looked for this often at most, in ticks.</summary>
    long ExpiryGrid { get; }

    /// <summary>How large an aggregate that opens now may grow.</summary>
    AggregationLimits LimitsWithin(AggregationLimits most);

    /// <summary>An aggregate was closed: it goes behind those closed before.</summary>
    void Enqueue(KinesisRecord record);

    /// <summary>A Kinesis record was sent in vain: it may be sent again from <see cref="KinesisRecord.NotBefore"/>.</summary>
    void TakeBack(KinesisRecord record);

    /// <summary>What may be sent next, if there are tokens for it.</summary>
    /// <param name="now">The instant at hand.</param>
    /// <param name="first">The Kinesis record to be sent; null where it is the turn of the open aggregate.</param>
    /// <param name="wakeAt">When something else may be sent, should this one have to wait.</param>
    /// <returns>False when nothing may be sent now, the open aggregate neither, but not before <paramref name="wakeAt"/>.</returns>
    bool MaySend(long now, out KinesisRecord? first, out long wakeAt);

    /// <summary>Takes the one out that <see cref="MaySend"/> named, to be sent.</summary>
    KinesisRecord Dequeue(long now);

    /// <summary>A Kinesis record is sent: one of those here, or what was open.</summary>
    void OnSending(KinesisRecord record, long now);

    /// <summary>The collector need not keep for company what was closed.</summary>
    void FlushNow(long now);

    /// <summary>Takes everything out, in order.</summary>
    void TakeAll(List<KinesisRecord> into);

    /// <summary>Takes out what has expired.</summary>
    List<KinesisRecord> TakeExpired(long now);

    /// <summary>No Kinesis record is to straddle one of these boundaries. Returns what has to be routed anew for that.</summary>
    List<KinesisRecord> TakeDivided(Boundaries boundaries);

    /// <summary>Takes out what is larger than so many bytes.</summary>
    /// <param name="bytes">The limit.</param>
    /// <param name="ended">Gets what has expired, or had all its attempts, where aggregates are taken apart in their places.</param>
    List<KinesisRecord> TakeLarger(long bytes, List<KinesisRecord> ended);
}
