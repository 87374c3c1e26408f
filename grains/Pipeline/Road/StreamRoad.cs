using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road;

/// <summary>One stream of a producer, as far as every producer treats its streams alike.</summary>
internal interface IProducerStream
{
    /// <summary>The stream's name.</summary>
    string Stream { get; }

    /// <summary>Accepts a record.</summary>
    ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>Accepts a batch.</summary>
    ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>When the oldest record that has no outcome yet was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt();

    /// <summary>Sends every record accepted before this call without linger, and completes when each has its outcome.</summary>
    Task FlushAsync();

    /// <summary>Sends records that would otherwise linger, where that frees memory for a waiting caller.</summary>
    void Relieve();

    /// <summary>Rejects every caller that waits for memory.</summary>
    void RejectWaiters(Exception reason);
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
internal class StreamRoad(string stream) : IProducerStream
{
    public string Stream => stream;

    /// <summary>The engines in force.</summary>
    public Routes Routes => Table.Current;

    /// <summary>What stands between a put and the road, and its first step.</summary>
    protected Admission Admission { get; init; } = null!;

    protected Promises Promises { get; init; } = Promises.Plain;

    protected FlushBarrier Barrier { get; } = new();

    protected RouteTable Table { get; init; } = null!;

    protected StreamSender Sender { get; init; } = null!;

    protected CallJudge Judge { get; init; } = null!;

    protected MemoryPressure Pressure { get; init; } = null!;

    /// <summary>Accepts a record, or waits until there is memory for it.</summary>
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        Admission.PutAsync(record, options, cancellationToken);

    /// <summary>Accepts a batch in parts, as memory becomes available, or whole where its caller waits only so long.</summary>
    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        Admission.PutBatchAsync(new UserRecordSource(records, hashesKeys: true), Promises.NewBatch(records.Length), options, cancellationToken);

    /// <summary>Completes when every record that was accepted before this call has its outcome. Later records do not delay it.</summary>
    public virtual Task FlushAsync()
    {
        var drained = Barrier.Close();
        MakeAllDue();
        return drained;
    }

    /// <summary>Sends every open aggregate without further linger.</summary>
    public void MakeAllDue()
    {
        foreach (var engine in Table.Current.All)
            engine.FlushNow();
        Sender.Expedite();
    }

    /// <summary>Frees memory because a caller waits for it: see <see cref="MemoryPressure"/>.</summary>
    public void Relieve() => Pressure.Relieve();

    /// <summary>Rejects callers that wait.</summary>
    public void RejectWaiters(Exception reason) => Admission.Close(reason);

    /// <summary>When the oldest record without an outcome was accepted.</summary>
    public virtual long OldestAcceptedAt()
    {
        var oldest = Math.Min(Sender.OldestAcceptedAt(), Judge.OldestAcceptedAt());
        foreach (var engine in Table.Current.All)
            oldest = Math.Min(oldest, engine.Inspect().OldestAcceptedAt);
        return oldest;
    }
}

/// <summary>
/// Frees memory while callers wait for it. If nothing keeps Kinesis busy, it flushes the oldest open aggregates, one call's worth, so that
/// a full memory never waits for a linger.
/// </summary>
/// <remarks>
/// It does nothing while calls fail: flushing would free nothing and make small aggregates. Records that wait for a retry then find out
/// when Kinesis is back.
/// </remarks>
internal sealed class MemoryPressure(PipelineSettings settings, RouteTable routes, StreamSender sender, CallJudge judge, MonotonicClock clock)
{
    private readonly Cooldown _relief = new(TimeSpan.FromMilliseconds(1));

    /// <summary>Called when a caller waits for memory. Does its work at most once a millisecond.</summary>
    public void Relieve()
    {
        if (!_relief.TryStart(clock.Now))
            return;
        if (judge.HasLastCallFailed && (sender.HasCalls || routes.Current.All.Any(static e => e.HasRetries)))
            return;
        if (sender.CanBegin)
            FlushOldest();
        sender.Expedite();
    }

    private void FlushOldest()
    {
        var open = routes.Current.All.Select(static e => (Engine: e, State: e.Inspect())).Where(static e => e.State.OpenBytes > 0).ToList();
        open.Sort(static (one, other) => one.State.Deadline.CompareTo(other.State.Deadline));
        var bytes = 0L;
        foreach (var (engine, state) in open)
        {
            engine.FlushNow();
            if ((bytes += state.OpenBytes) >= settings.Collection.MaxBytes)
                break;
        }
    }
}
