using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;

namespace Orleans.Kpl.Pipeline.Road;

/// <summary>The part of a producer that records pass: it passes each put to its stream, and awaits the outcomes for <c>PutAsync</c>.</summary>
internal abstract class ProducerRoad
{
    /// <summary>Has the stream of that name accept a record: see <see cref="StreamRoad"/>.</summary>
    public abstract ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default);

    public abstract ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default);

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        var results = batch.Results.ToArray();
        // The record of a failed result is readable only until its batch is disposed.
        if (Array.TrueForAll(results, static r => r.IsSuccess))
            batch.Dispose();
        return results;
    }
}

/// <summary>The complete path of a record for one stream. Each step is a class of its own, which the wiring makes and connects.</summary>
/// <remarks>
/// <list type="number">
/// <item>accept: <see cref="RecordIntake"/> validates a record, <see cref="MemoryAdmission"/> reserves memory for it, <see cref="RecordAcceptor"/> counts it
/// in and passes it to the router;</item>
/// <item>route: <see cref="RecordRouter"/> finds the engine of its shard;</item>
/// <item>aggregate, limit: <see cref="ShardEngine"/> adds it to the open aggregate, which is sent when it is due and the shard has tokens for
/// it;</item>
/// <item>collect, send: <see cref="StreamSender"/> puts Kinesis records of all shards into calls;</item>
/// <item>judge: <see cref="CallJudge"/> decides what the answer means for each Kinesis record: it is complete, its engine tries it again, or it is taken
/// apart and its members are routed anew;</item>
/// <item>outcome: <see cref="RecordCompleter"/> counts it out, releases its memory and notifies its caller.</item>
/// </list>
/// </remarks>
internal class StreamRoad(string stream)
{
    public string Stream => stream;

    /// <summary>The chain between a put and the road, and its first step.</summary>
    protected Admission Admission { get; init; } = null!;

    protected Promises Promises { get; init; } = Promises.Plain;

    protected FlushBarrier Barrier { get; } = new();

    protected RouteTable Table { get; init; } = null!;

    protected StreamSender Sender { get; init; } = null!;

    protected CallJudge Judge { get; init; } = null!;

    /// <summary>Accepts a record, or waits until there is memory for it.</summary>
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        Admission.PutAsync(record, options, cancellationToken);

    /// <summary>Accepts a batch in parts, as memory becomes available, or whole where its caller waits only so long.</summary>
    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        Admission.PutBatchAsync(new UserRecordSource(records, hashesKeys: true), Promises.NewBatch(records.Length), options, cancellationToken);
}
