using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Takes records whose shard is not open in this process. An embedded producer has none: every shard is open. The outcome of each record
/// comes back through <c>Forwarding.End</c>, once.
/// </summary>
internal interface IShardOwners
{
    /// <summary>When the oldest record without an outcome was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt { get; }

    /// <summary>
    /// Whether nothing is under way to or from other processes, and no owner is sought. False keeps the stream from closing when it is idle.
    /// </summary>
    bool IsAtRest => false;

    /// <summary>How many activations hold a shard of the stream here, also those that are about to end.</summary>
    int HostedShards => 0;

    /// <summary>
    /// Creates the queue for the records of one shard of an ordered stream. Null where
    /// <see cref="Forward(ShardEngine, in IncomingRecord)"/> is to be called instead.
    /// </summary>
    IShardQueue? NewQueue(ShardEngine engine) => null;

    /// <summary>Takes over one record of a closed engine. The arguments are not read afterwards.</summary>
    void Forward(ShardEngine engine, in IncomingRecord record);

    /// <summary>Takes over the records of a batch that belong to one shard. The batch is not read afterwards.</summary>
    void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks);

    /// <summary>
    /// Called when the engine has opened: the records that waited for its shard go first. Called under its lock, so that no later
    /// record overtakes them.
    /// </summary>
    void Opened(ShardEngine engine);

    /// <summary>
    /// Called when the map does not show the shard any more, or never will: it has no owner, and its hash keys belong to other shards now.
    /// </summary>
    void Closed(string shardId);

    /// <summary>Has all records of the stream sent without waiting for others, wherever they are.</summary>
    void Expedite();

    /// <summary>Completes all records without an outcome, and all later ones, with this code.</summary>
    void Stop(string code, string message);
}
