using System.Diagnostics;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// How the records of an ordered stream keep their order when their shard goes to other engines, after a reshard, or to another process.
/// Guarded by the engine's lock.
/// </summary>
/// <remarks>
/// A retired engine holds on to what it has until its record in flight has ended. Then it hands everything over, in order, to the engines
/// that succeed it; those send nothing before all their predecessors have done so. Where maps follow each other quickly a successor may be
/// retired while it waits: then it hands over what it was given, in its turn.
/// </remarks>
internal sealed class ShardSuccession
{
    private readonly ShardEngine _engine;
    private readonly EngineServices _services;
    private readonly List<ShardSuccession> _successors = [];
    private Routes? _next;
    private int _predecessors;

    public ShardSuccession(ShardEngine engine, EngineServices services)
    {
        _engine = engine;
        _services = services;
        Sending = new OrderedSendPolicy(engine, services);
        Queue = new QueueSuccession(engine);
    }

    /// <summary>What the engine holds, and what is in flight.</summary>
    public OrderedSendPolicy Sending { get; }

    /// <summary>What the shard's queue waits for.</summary>
    public QueueSuccession Queue { get; }

    /// <summary>The engine was retired, and everything that it held was handed over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Other routes are about to replace those that the engine belongs to; then it is retired.</summary>
    public void SucceededBy(Routes former, Routes next)
    {
        var successors = next.Overlapping(_engine.Range).Where(e => !former.Holds(e)).Select(static e => e.Succession!).ToList();
        lock (_engine.Gate)
        {
            _next = next;
            _successors.AddRange(successors);
        }

        // The routes are not in force yet: the successors have taken nothing in that they could send too early.
        foreach (var successor in successors)
            successor.AwaitPredecessor();
    }

    /// <summary>Takes no records any more; what is held is handed over as soon as nothing is in flight.</summary>
    public void StepDown()
    {
        lock (_engine.Gate)
            _engine.StopTakingIn();
        _engine.Queue?.Close();
        HandOverIfOver();
    }

    /// <summary>Takes no records any more. Returns everything that was held: none of it is handed over.</summary>
    public List<KinesisRecord> Retire()
    {
        List<KinesisRecord> held;
        lock (_engine.Gate)
        {
            _engine.StopTakingIn();
            held = _engine.TakeAll();
        }

        _engine.Queue?.Close();
        HandOverIfOver();
        return held;
    }

    /// <summary>
    /// The shard is about to go to another process: until <see cref="EndHandOver"/>, called as often, nothing newer than what is held goes
    /// there, nor to successors.
    /// </summary>
    public void BeginHandOver() => Queue.BeginHandOver();

    /// <summary>Everything that was held is in the queue, or was given back.</summary>
    public void EndHandOver()
    {
        Queue.EndHandOver();
        HandOverIfOver();
    }

    /// <summary>Completes when nothing is in flight; the engine is paused.</summary>
    public Task QuietAsync()
    {
        lock (_engine.Gate)
            return Sending.WhenLanded();
    }

    /// <summary>A shard took what is in flight. Returns the number that its own should have exceeded and did not.</summary>
    public string? Taken(string shardId, string sequenceNumber)
    {
        lock (_engine.Gate)
            Sending.OnTaken(_services.Clock.Now);
        return Sending.CheckSequence(shardId, sequenceNumber);
    }

    /// <summary>A Kinesis record of the engine has ended, one way or another.</summary>
    public void Ended(KinesisRecord record)
    {
        if (!Sending.IsInFlight(record))
            return;
        lock (_engine.Gate)
        {
            Sending.OnLanded();
            _engine.SendDueIfServed();
        }

        HandOverIfOver();
    }

    /// <summary>
    /// Takes the Kinesis record in flight apart, its parts in its place: here, or at the successors where the engine is retired. False
    /// where it is not in flight.
    /// </summary>
    public bool TryKeepInPlace(KinesisRecord record)
    {
        List<KinesisRecord> held = [], ended = [];
        lock (_engine.Gate)
        {
            if (!Sending.IsInFlight(record) || _engine.IsReleased && _next is null)
                return false;
            if (_engine.State == EngineState.Retired)
                held = [record, .. _engine.TakeAll()];
            else
                _engine.PutInFront(Sending.Regroup(record, ended));
        }

        // It is in flight until it is released, so that nothing newer is sent, or handed over, before its parts are in their places.
        PassOn(held);
        _services.Reroute(ended);
        record.Release();
        return true;
    }

    /// <summary>The engine succeeds one that still has something in flight.</summary>
    private void AwaitPredecessor()
    {
        lock (_engine.Gate)
        {
            _predecessors++;
            Queue.AwaitPredecessor();
            _engine.Pause();
        }
    }

    private void PredecessorIsOver()
    {
        lock (_engine.Gate)
        {
            _predecessors--;
            _engine.Resume();
        }

        HandOverIfOver();
    }

    /// <summary>Once nothing is in flight here, nor at predecessors, everything is handed over and successors may begin.</summary>
    private void HandOverIfOver()
    {
        List<KinesisRecord> held;
        lock (_engine.Gate)
        {
            // Whatever is waited for may end at the same time as the engine is retired: whoever comes last finds all of it done.
            if (_engine.State != EngineState.Retired || IsOver || Sending.HasInFlight || _predecessors > 0 || Queue.IsHandingOver)
                return;
            IsOver = true;
            held = _engine.Release(EngineState.Retired);
        }

        // Never under two engines' locks. The successors are paused until they are told: what they are given is there before they send.
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
            // The producer is being disposed: they end.
            _services.Reroute(held);
            return;
        }

        var regrouping = new Regrouping(_services.Clock.Now, _services.Settings.Options.MaxAttempts, next.Find);
        foreach (var record in held)
            regrouping.Add(record);
        foreach (var (engine, records) in regrouping.Close())
            engine.Succession!.TakeOver(records);
        _services.Reroute(regrouping.Ended);
        foreach (var record in held)
            record.Release();
    }

    /// <summary>Takes over what a predecessor held: it goes before all that is held here.</summary>
    private void TakeOver(List<KinesisRecord> records)
    {
        var ended = new List<KinesisRecord>();
        lock (_engine.Gate)
        {
            Debug.Assert(!IsOver, "a successor ends after its predecessors");
            if (_engine.State == EngineState.Elsewhere)
            {
                // Another process serves the shard: they go there.
                ended = records;
            }
            else
            {
                _engine.PutInFront([.. records.SelectMany(r => _engine.Boundaries.Divide(r) ? Sending.Regroup(r, ended) : [r])]);
                _engine.SendDueAndRearm(_services.Clock.Now);
            }
        }

        _services.Reroute(ended);
    }
}
