namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>Kinesis records of one shard that were sent, or should have been, and go before newer ones. Guarded by its engine's lock.</summary>
internal interface IRetryLine
{
    /// <summary>When the first one may go; <see cref="long.MaxValue"/> where there is none.</summary>
    long NextDue { get; }

    long EarliestExpiry { get; }

    long OldestAcceptedAt { get; }

    void Add(KinesisRecord record);

    /// <summary>The first one if it may go by now.</summary>
    KinesisRecord? Peek(long now);

    void Dequeue();

    /// <summary>Takes all of them.</summary>
    void TakeAll(List<KinesisRecord> into);
}
