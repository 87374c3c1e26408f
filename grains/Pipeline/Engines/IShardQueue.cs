using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// The records of one shard of an ordered stream that were accepted in this process, in their order, wherever the shard is served. They are
/// at one place at a time: no record goes to another place before all records at the former have their outcomes or are back.
/// </summary>
internal interface IShardQueue
{
    /// <summary>
    /// Takes over a record that was accepted here. False when the shard does not exist any more, and the record must be routed again.
    /// The record is not read afterwards.
    /// </summary>
    bool TryAdd(in IncomingRecord record);

    /// <summary>Takes over the records of a batch that belong to the shard, all or none; false when the shard does not exist any more.</summary>
    bool TryAdd(PreparedBatch batch, ReadOnlySpan<int> picks);

    /// <summary>
    /// Takes back a record that was sent on: before the records that are still to go, behind those that came back earlier. False once
    /// the queue has passed on its records.
    /// </summary>
    bool TryTakeBack(in IncomingRecord record);

    /// <summary>
    /// Takes over a record from the queue of a shard before this one: behind the records that came back here, which are older still, and
    /// before those that were accepted here. False once the queue has passed on its records.
    /// </summary>
    bool TryInherit(in IncomingRecord record);

    /// <summary>Called when the shard's engine here has changed: waiting records may be able to go.</summary>
    void Resume();

    /// <summary>
    /// Closes the queue of a shard that does not exist any more. Once none of its records is anywhere else, it calls
    /// <see cref="QueueSuccession.QueueIsOver"/>.
    /// </summary>
    void Close();

    /// <summary>Passes all waiting records on to the queues of the shards that follow. The queue is finished.</summary>
    void PassOn();
}
