using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Serving;

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

    /// <summary>How many processes may give records to the owner of one shard.</summary>
    int Processes => 1;

    /// <summary>
    /// Creates the queue for the records of one shard of an ordered stream. Null where
    /// <see cref="Forward"/> is to be called instead.
    /// </summary>
    IShardQueue? NewQueue(ShardEngine engine) => null;

    /// <summary>Takes over records of a closed engine. They are not read afterwards.</summary>
    void Forward(ShardEngine engine, in ShardRecords records);

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

    /// <summary>Completes all records without an outcome, and all later ones: this process stops.</summary>
    void Stop();
}

/// <summary>
/// The records of one shard of an ordered stream that were accepted in this process, in their order, wherever the shard is served. They are
/// at one place at a time: no record goes to another place before all records at the former have their outcomes or are back.
/// </summary>
internal interface IShardQueue
{
    /// <summary>
    /// Takes over records that were accepted here, all or none. False when the shard does not exist any more, and they must be routed again.
    /// They are not read afterwards.
    /// </summary>
    bool TryAdd(in ShardRecords records);

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
    /// <c>QueueSuccession.QueueIsOver</c>.
    /// </summary>
    void Close();

    /// <summary>Passes all waiting records on to the queues of the shards that follow. The queue is finished.</summary>
    void PassOn();
}

/// <summary>Records for one shard: one, or those of a batch that belong there.</summary>
internal readonly ref struct ShardRecords
{
    private readonly IncomingRecord _one;
    private readonly PreparedBatch? _batch;
    private readonly ReadOnlySpan<int> _picks;

    public ShardRecords(in IncomingRecord one)
    {
        _one = one;
        (Sink, Count) = (one.Member.Sink, 1);
    }

    public ShardRecords(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        (_batch, Sink, Count) = (batch, batch.Sink, picks.Length);
        _picks = picks;
    }

    public int Count { get; }

    public OutcomeSink Sink { get; }

    public IncomingRecord this[int index] => _batch is null ? _one : _batch.Record(_picks[index]);

    /// <summary>Gives them to the shard's engine, all or none; false where that is closed.</summary>
    public bool TryAppendTo(ShardEngine engine) => _batch is null ? engine.TryAppend(_one) : engine.TryAppend(_batch, _picks);
}

/// <summary>A sink that wants to know how many of its records other processes send.</summary>
internal interface ISentElsewhere
{
    /// <summary>Notes that another process sends so many of the records.</summary>
    void SentElsewhere(int count);
}
