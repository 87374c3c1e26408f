namespace Orleans.Kpl;

/// <summary>Options of one put that override the stream's settings.</summary>
public sealed record PutOptions
{
    /// <summary>Skips the linger: the records are sent at once, together with records that wait for the same shards. Default false.</summary>
    public bool Immediate { get; init; }

    /// <summary>
    /// How long the records may take to be delivered; then they fail with code <c>Expired</c>. The time that the put waits for memory does not count.
    /// Default null: the stream's <c>RecordTtl</c>. At least 1 millisecond, at most 24 days.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>When the put counts as acknowledged. Default null: the stream's <c>AckLevel</c>.</summary>
    public AckLevel? AckLevel { get; init; }

    /// <summary>
    /// Whether each record is a Kinesis record of its own, with its own sequence number, whatever the stream's <c>AggregationEnabled</c> says: for
    /// consumers that cannot take aggregates apart. It still shares calls with others, and on ordered streams it keeps its place. Default false.
    /// </summary>
    public bool Alone { get; init; }

    /// <summary>
    /// Whether the records never go to the durable backlog because of the stream's <see cref="HighWaterMode.Spill"/>: where memory or their shard is
    /// full the call waits, as with <see cref="HighWaterMode.Block"/>. It does not change what <see cref="Kpl.AckLevel.Persisted"/> means. Default false.
    /// </summary>
    public bool NeverSpills { get; init; }

    /// <summary>
    /// How long this put may wait for memory. It is then accepted whole or not at all: at the end of that time it throws
    /// <see cref="AcceptTimeoutException"/>, or where only some shards are full their records alone fail. Null: as long as it takes, part
    /// by part. For fronts in the producer's process; it does not travel.
    /// </summary>
    internal TimeSpan? AcceptTimeout { get; init; }

    /// <summary>
    /// The caller's identity, where callers share a process: they wait for memory in turns, and a stream beside others has half of the process' memory at most.
    /// Null: callers of the process itself, who wait in their order. For fronts in the producer's process; it does not travel.
    /// </summary>
    internal string? Identity { get; init; }

    /// <summary>
    /// How the records find their shards where the stream goes by key and has no order: <see cref="RoutingMode.Even"/> for those whose key was made up. Null:
    /// as the stream says. Those that go to the backlog first go by their keys. For fronts in the producer's process; it does not travel.
    /// </summary>
    internal RoutingMode? Routing { get; init; }

    /// <summary>The options of a put without linger.</summary>
    public static PutOptions WithoutLinger { get; } = new() { Immediate = true };
}
