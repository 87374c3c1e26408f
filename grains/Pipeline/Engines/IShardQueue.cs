using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// The records of one shard of an ordered stream that were accepted in this process, in their order, wherever the shard is served. They are at
/// one place at a time: nothing goes to another one before everything that went to the former has ended there or come back.
/// </summary>
internal interface IShardQueue
{
    /// <summary>
    /// Takes a record over that was accepted here; false when the shard is no more, and it has to be routed anew. Nothing of it is read afterwards.
    /// </summary>
    bool TryAdd(in IncomingRecord record);

    /// <summary>Takes over the records of a batch that belong to the shard, all or none; false when the shard is no more.</summary>
    bool TryAdd(PreparedBatch batch, ReadOnlySpan<int> picks);

    /// <summary>
    /// Takes a record back that went before: before those that are yet to go, behind what came back earlier. False when the shard is no more.
    /// </summary>
    bool TryTakeBack(in IncomingRecord record);

    /// <summary>The shard's engine here has changed: what waits may be able to go.</summary>
    void Resume();

    /// <summary>The shard is no more. Once nothing of it is anywhere else, <see cref="QueueSuccession.QueueIsOver"/> is called.</summary>
    void Close();

    /// <summary>Routes what still waits anew; the lane is over.</summary>
    void PassOn();
}
