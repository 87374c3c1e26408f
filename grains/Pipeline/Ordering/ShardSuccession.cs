using System.Diagnostics;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Keeps the records of an ordered stream in order when their shard goes to other engines, after a reshard, or to another process. Guarded
/// by the engine's lock.
/// </summary>
/// <remarks>
/// A retired engine keeps its records until its record in flight has an outcome. Then it hands all of them over, in order, to its
/// successors, which send nothing before all their predecessors have done so. Where maps follow each other quickly, a successor may be
/// retired while it waits: then it hands over what it was given, in its turn.
/// </remarks>
internal sealed class ShardSuccession
{
    private readonly ShardEngine _engine;
    private readonly EngineServices _services;
    private readonly List<ShardSuccession> _successors = [];
    private Func<UInt128, ShardEngine>? _next;
    private int _predecessors;

    public ShardSuccession(ShardEngine engine, EngineServices services)
    {
        _engine = engine;
        _services = services;
        Sending = new OrderedSendPolicy(engine, services, this);
        Queue = new QueueSuccession(engine);
    }

    /// <summary>Holds the engine's Kinesis records, and knows the one in flight.</summary>
    public OrderedSendPolicy Sending { get; }

    /// <summary>Whether the engine was retired, and everything that it held was handed over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Tells what the shard's queue must wait for.</summary>
    public QueueSuccession Queue { get; }

    /// <summary>Returns the engine that has a hash key of this one's shard after it; null while this one is in force, and after a disposal.</summary>
    public ShardEngine? NextFor(UInt128 hashKey)
    {
        lock (_engine.Lock)
            return _next?.Invoke(hashKey);
    }

    /// <summary>Called when other routes are about to replace those of the engine, before it is retired.</summary>
    /// <param name="next">Finds the engine of a hash key in them.</param>
    /// <param name="successors">Their engines for hash keys of this one's shard that are new.</param>
    public void SucceededBy(Func<UInt128, ShardEngine> next, IReadOnlyList<ShardEngine> successors)
    {
        var orders = successors.Select(static e => e.Order!).ToList();
        lock (_engine.Lock)
        {
            _next = next;
            _successors.AddRange(orders);
        }

        // The routes are not in force yet: the successors have accepted no record that they could send too early.
        foreach (var successor in orders)
            successor.AwaitPredecessor();
    }

    /// <summary>The queue of records accepted here; null where shards do not move between processes.</summary>
    public IShardQueue? Records { get; set; }

    /// <summary>Stops accepting records. The held records are handed over as soon as nothing is in flight.</summary>
    public void StepDown()
    {
        lock (_engine.Lock)
            _engine.State = EngineState.Retired;
        _engine.Queue?.Close();
        HandOverIfOver();
    }

    /// <summary>Stops accepting records. Returns all that were held: none of them is handed over.</summary>
    public List<KinesisRecord> Retire()
    {
        List<KinesisRecord> held;
        lock (_engine.Lock)
        {
            _engine.State = EngineState.Retired;
            held = _engine.TakeAll();
        }

        _engine.Queue?.Close();
        HandOverIfOver();
        return held;
    }

    /// <summary>
    /// Announces that the shard goes to another process. Until <see cref="EndHandOver"/> was called as often, no record newer than the
    /// held ones goes there, nor to successors.
    /// </summary>
    public void BeginHandOver() => Queue.BeginHandOver();

    /// <summary>Notes that all held records are in the queue, or were given back.</summary>
    public void EndHandOver()
    {
        Queue.EndHandOver();
        HandOverIfOver();
    }

    /// <summary>Completes when nothing is in flight. The engine must be paused.</summary>
    public Task QuietAsync()
    {
        lock (_engine.Lock)
            return Sending.WhenLanded();
    }

    /// <summary>Puts Kinesis records, in their order, before all that are held. Called under the lock.</summary>
    private void PutInFront(List<KinesisRecord> records)
    {
        Sending.PutInFront(records);
        _engine.Expect(records);
    }

    /// <summary>Notes that a Kinesis record of the engine has its outcome.</summary>
    public void Ended(KinesisRecord record)
    {
        if (!Sending.IsInFlight(record))
            return;
        lock (_engine.Lock)
        {
            Sending.OnLanded();
            _engine.SendDueIfServed();
        }

        HandOverIfOver();
    }

    /// <summary>
    /// Takes apart the Kinesis record in flight, and puts its parts in its place: here, or at the successors where the engine is
    /// retired. False when it is not in flight.
    /// </summary>
    public bool TryKeepInPlace(KinesisRecord record)
    {
        List<KinesisRecord> held = [], ended = [];
        lock (_engine.Lock)
        {
            if (!Sending.IsInFlight(record) || _engine.IsReleased && _next is null)
                return false;
            if (_engine.State == EngineState.Retired)
                held = [record, .. _engine.TakeAll()];
            else
                PutInFront(Sending.Regroup(record, ended));
        }

        // The record counts as in flight until it is released, so that no newer record is sent, or handed over, before its parts
        // are in their places.
        PassOn(held);
        ended.ForEach(_services.TakeApart);
        record.Release();
        return true;
    }

    /// <summary>Makes the engine wait for a predecessor that still has a record in flight.</summary>
    private void AwaitPredecessor()
    {
        lock (_engine.Lock)
        {
            _predecessors++;
            Queue.AwaitPredecessor();
            _engine.Pause();
        }
    }

    private void PredecessorIsOver()
    {
        lock (_engine.Lock)
        {
            _predecessors--;
            _engine.Resume();
        }

        HandOverIfOver();
    }

    /// <summary>Hands everything over, and lets successors begin, once nothing is in flight here or at predecessors.</summary>
    private void HandOverIfOver()
    {
        List<KinesisRecord> held;
        lock (_engine.Lock)
        {
            // The awaited records may land at the same time as the engine is retired: the last thread to get here finds all of
            // it done.
            if (_engine.State != EngineState.Retired || IsOver || Sending.HasInFlight || _predecessors > 0 || Queue.IsHandingOver)
                return;
            IsOver = true;
            held = _engine.Release(EngineState.Retired);
        }

        // Never under two engines' locks. The successors are paused until they are notified, so they have these records before they
        // send.
        PassOn(held);
        foreach (var successor in _successors)
            successor.PredecessorIsOver();
        Queue.EngineHasHandedOver(_successors);
    }

    private void PassOn(List<KinesisRecord> held)
    {
        if (held.Count == 0)
            return;
        if (_next is not { } next)
        {
            // The producer is being disposed: the records get their outcomes.
            held.ForEach(_services.TakeApart);
            return;
        }

        var regrouping = new Regrouping(_services.Clock.Now, _services.Settings.Options.MaxAttempts, next);
        foreach (var record in held)
            regrouping.Add(record);
        foreach (var (engine, records) in regrouping.Close())
            engine.Order!.TakeOver(records);
        regrouping.Ended.ForEach(_services.TakeApart);
        foreach (var record in held)
            record.Release();
    }

    /// <summary>Takes over the records that a predecessor held: they go before all that are held here.</summary>
    private void TakeOver(List<KinesisRecord> records)
    {
        var ended = new List<KinesisRecord>();
        lock (_engine.Lock)
        {
            Debug.Assert(!IsOver, "a successor ends after its predecessors");
            if (_engine.State == EngineState.Elsewhere)
            {
                // Another process serves the shard: the records go there.
                ended = records;
            }
            else
            {
                PutInFront([.. records.SelectMany(r => _engine.Group?.Divides(r) == true ? Sending.Regroup(r, ended) : [r])]);
                _engine.SendDueAndRearm(_services.Clock.Now);
            }
        }

        ended.ForEach(_services.TakeApart);
    }
}

/// <summary>The order of an engine: what keeps it, and what follows it.</summary>
internal static class EngineOrder
{
    extension(ShardEngine engine)
    {
        /// <summary>Keeps the order when the shard changes hands; null where order does not matter.</summary>
        public ShardSuccession? Order => (engine.Policy as OrderedSendPolicy)?.Succession;

        /// <summary>
        /// The queue of records accepted here, where order matters and shards move between processes; otherwise null. Set before any record is accepted.
        /// </summary>
        public IShardQueue? Queue
        {
            get => engine.Order?.Records;
            set => engine.Order!.Records = value;
        }

        /// <summary>Called when other routes are about to replace those of this engine, before it is retired.</summary>
        public void SucceededBy(Routes former, Routes next) =>
            engine.Order?.SucceededBy(next.Find, [.. Overlapping(next, engine.Range).Where(e => !Hold(former, e))]);

        /// <summary>
        /// Releases the shard. The held records go to the engines of the routes in force; where order matters, once they can go in order.
        /// </summary>
        public void StepDown()
        {
            if (engine.Order is { } order)
                order.StepDown();
            else
                engine.Retire().ForEach(engine.Services.TakeApart);
        }

        /// <summary>Releases the shard: nothing is accepted or sent any more. Returns all records that were held.</summary>
        public List<KinesisRecord> Retire()
        {
            if (engine.Order is { } order)
                return order.Retire();
            lock (engine.Lock)
                return engine.Release(EngineState.Retired);
        }

        /// <summary>
        /// Removes the Kinesis records that are larger than the limit; on an ordered stream, those that cannot be made smaller. The engine
        /// continues.
        /// </summary>
        public List<KinesisRecord> TakeLarger(long bytes)
        {
            List<KinesisRecord> larger, ended = [];
            lock (engine.Lock)
            {
                engine.Reopen(engine.NewGroup);
                larger = engine.Order?.Sending.TakeLarger(bytes, ended) ?? engine.Policy.TakeOut(r => r.Size > bytes);
                engine.SendDueAndRearm(engine.Now);
            }

            ended.ForEach(engine.Services.TakeApart);
            return larger;
        }
    }

    /// <summary>Whether an engine is among the routes.</summary>
    private static bool Hold(Routes routes, ShardEngine engine)
    {
        var index = routes.Map.IndexOf(engine.Range.ShardId);
        return ReferenceEquals(routes.Fallback, engine) || (index != ShardMap.None && ReferenceEquals(routes.Of(index), engine));
    }

    /// <summary>The engines that hash keys of a range can belong to.</summary>
    private static IEnumerable<ShardEngine> Overlapping(Routes routes, ShardRange range)
    {
        var map = routes.Map;
        var first = map.Count == 0 ? 0 : Math.Max(0, map.Find(range.StartingHashKey));
        for (var index = first; index < map.Count && map[index].StartingHashKey <= range.EndingHashKey; index++)
            yield return routes.Of(index);
        if (routes.Fallback is { } fallback)
            yield return fallback;
    }
}
