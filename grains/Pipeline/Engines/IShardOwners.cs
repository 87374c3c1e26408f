using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Where records go whose shard is not open in this process. Embedded there is none: every shard is open. What is taken over
/// ends through <c>Forwarding.End</c>, each record once.
/// </summary>
internal interface IShardOwners
{
    /// <summary>When the oldest record that has not come back was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt { get; }

    /// <summary>
    /// The way of the records of one shard of an ordered stream; none where <see cref="Forward(ShardEngine, in IncomingRecord)"/> is to be called.
    /// </summary>
    IShardQueue? NewQueue(ShardEngine engine) => null;

    /// <summary>Takes one record over that belongs to a closed engine. Nothing of the arguments is read afterwards.</summary>
    void Forward(ShardEngine engine, in IncomingRecord record);

    /// <summary>Takes over the records of a batch that belong to one shard. Nothing of the batch is read afterwards.</summary>
    void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks);

    /// <summary>
    /// The engine has opened: what waited for its shard goes first. Called under its lock, so that nothing that comes later overtakes it.
    /// </summary>
    void Opened(ShardEngine engine);

    /// <summary>The map shows the shard no more: nobody owns it, and its hash keys are others' now.</summary>
    void Closed(ShardRange shard);

    /// <summary>Nothing of the stream waits for company any more, wherever it is.</summary>
    void Expedite();

    /// <summary>Ends what has not come back, and everything that comes later, with that code.</summary>
    void Stop(string code, string message);
}
