using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// The records that were accepted here for one shard of an ordered stream. All of them that are under way are in one place: in the shard's
/// engine here, or at the silo that has the tenure. Before any record goes to another place, each record at the former one has its outcome
/// or is back here, in order.
/// </summary>
/// <remarks>
/// The order of a stream across silos rests only on this: every place keeps the order of the records it receives, and the records that come
/// back from it are always the last ones it received. A shard's queue waits for those of its parent shards in the same way, through its
/// engine's predecessors. Lock order: this queue's lock comes before the engine's and the outbox's.
/// </remarks>
internal sealed class OrderedShardQueue(StreamPipeline stream, ShardEngine engine, StreamOwners owners, long number) : IShardQueue
{
    private readonly QueueSuccession _succession = engine.Order!.Queue;
    private readonly Lock _lock = new();
    private readonly FrameQueue _waiting = new(stream.NewForwardedNumbers());
    private readonly FrameQueue _back = new();
    private readonly FrameQueue _inherited = new();
    private OwnerTenure? _tenure;
    private int _fruitless;
    private bool _isLocating;
    private bool _isClosed;
    private bool _hasPassedOn;

    /// <summary>The number of this queue among those of the stream, from 1 in the order they were made.</summary>
    public long Number => number;

    /// <summary>Whether nothing waits or is under way to an owner, and none is sought.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
                return IsEmpty && !_isLocating && (_tenure is null or { IsSending: false, Open: 0 });
        }
    }

    public bool TryAdd(in ShardRecords records)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            // Records go straight to the engine here while all earlier ones are there already. It may have closed since it was checked: then they wait here,
            // and Advance() finds out who owns the shard now.
            if (!IsEmpty || _tenure is not null || _succession.IsAwaited || !records.TryAppendTo(engine))
            {
                _waiting.Add(records, horizon: null);
                Expiry.Expect(records.Sink.ExpiresAt);
            }

            Advance();
            return true;
        }
    }

    public bool TryTakeBack(in IncomingRecord record) => TryAddTo(_back, record);

    public bool TryInherit(in IncomingRecord record) => TryAddTo(_inherited, record);

    public void Resume()
    {
        lock (_lock)
            Advance();
    }

    public void Close()
    {
        lock (_lock)
            _isClosed = true;
        Proceed();
    }

    public void PassOn()
    {
        List<OutgoingFrame> left;
        lock (_lock)
        {
            _hasPassedOn = true;
            Expiry.Stop();
            left = TakeAll();
        }

        foreach (var frame in left)
            frame.ForEach((in IncomingRecord record) => stream.PassOn(engine, record));
        owners.Remove(this);
    }

    /// <summary>Ends the tenure of a silo that owns nothing any more.</summary>
    public void Leave(Outbox owner)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_tenure?.Owner, owner))
                _tenure.BreakOff();
        }

        Proceed();
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return Queues.Min(static q => q.OldestAcceptedAt());
    }

    /// <summary>The records that wait, the oldest first: those that came back, those of shards before this one, those that were accepted since.</summary>
    private IEnumerable<FrameQueue> Queues => [_back, _inherited, _waiting];

    private bool IsEmpty => _back.IsEmpty && _inherited.IsEmpty && _waiting.IsEmpty;

    /// <summary>Takes every step that is possible now. Guarded by the lock. Called after every change that may make a step possible.</summary>
    private void Advance()
    {
        if (_tenure is { } tenure)
        {
            // The shard has moved here, or is closed, while another silo has records of it: they complete or come back before any other
            // record is sent.
            if (engine.IsOpen || _isClosed)
                tenure.BreakOff();
            if (!tenure.IsEnding && !tenure.IsSending && !IsEmpty)
                SendNext(tenure);
            if (!tenure.IsOver)
                return;
            EndTenure(tenure);
        }

        // An engine that opens calls Advance() afterwards: the later of the two sees the work of the earlier.
        if (_isClosed || IsEmpty || _succession.IsAwaited || _isLocating)
            return;
        if (engine.WhileOpen(AppendAll))
        {
            // The caller that put the records in found the engine empty, and perhaps nobody reads the map for them.
            if (engine.Kind == EngineKind.AwaitingMap)
                stream.RefreshMap();
            return;
        }

        // The engine that stands in for unknown shards has no owner. It is not open between its retirement and Close(), which is about to come.
        if (engine.Kind != EngineKind.Predicted)
            return;
        _isLocating = true;
        owners.Locate(engine.Range.ShardId, _fruitless, IsAwaited, Resolve);
    }

    private bool TryAddTo(FrameQueue queue, in IncomingRecord record)
    {
        lock (_lock)
        {
            if (_hasPassedOn)
                return false;
            queue.Add(record);
            Expiry.Expect(record.Member.Sink.ExpiresAt);
            Advance();
            return true;
        }
    }

    /// <summary>Ends records that wait too long, wherever those before them are.</summary>
    private ExpiryTimer Expiry => field ??= new ExpiryTimer(stream.Timers, EndExpired);

    /// <summary>Sends the next frame. False, and the tenure ends, when the outbox was lost or closed meanwhile: it takes nothing then.</summary>
    private bool SendNext(OwnerTenure tenure)
    {
        var queue = !_back.IsEmpty ? _back : !_inherited.IsEmpty ? _inherited : _waiting;
        if (!tenure.Owner.TrySend(queue, tenure))
        {
            tenure.BreakOff();
            return false;
        }

        tenure.IsSending = true;
        tenure.Open++;
        return true;
    }

    /// <summary>Ends a tenure and puts the records that came back before all others.</summary>
    private void EndTenure(OwnerTenure tenure)
    {
        _tenure = null;
        _fruitless = tenure.WasOfUse || !tenure.HasGivenBack ? 0 : _fruitless + 1;
        if (!tenure.HasGivenBack)
            return;
        var later = _back.TakeAll();
        tenure.AddGivenBackTo(_back);
        later.ForEach(_back.Add);
        // The shard may be closed by now.
        stream.RefreshMap();
    }

    private void AppendAll()
    {
        foreach (var frame in TakeAll())
            frame.ForEach((in IncomingRecord record) => engine.TryAppend(record));
    }

    private List<OutgoingFrame> TakeAll() => [.. Queues.SelectMany(static q => q.TakeAll())];

    /// <summary>Whether records still wait for the owner. Where all have expired or went elsewhere, it is not sought any more.</summary>
    private bool IsAwaited()
    {
        lock (_lock)
            return _isLocating = !IsEmpty;
    }

    /// <summary>Handles the answer that names the shard's owner; null for this silo.</summary>
    private bool Resolve(Outbox? owner)
    {
        lock (_lock)
        {
            // The answer may be outdated. This silo may own the shard and not have opened it yet: ask again.
            if (owner is null && !engine.IsOpen && !_isClosed)
                return false;
            if (owner is not null && !engine.IsOpen && !_isClosed && !_succession.IsAwaited && !IsEmpty)
            {
                // Notifications of the sending wait for the lock in Told(), so they find the tenure in force.
                var tenure = new OwnerTenure(engine.Range.ShardId, owners.NextTenure(), owner, Told);
                // Its outcomes may be back by now, and have ended the tenure: it is in force all the same, since they come through it.
                if (!SendNext(tenure))
                    return false;
                _tenure = tenure;
            }

            _isLocating = false;
            Advance();
            return true;
        }
    }

    /// <summary>
    /// Handles the arrival of a frame at the owner, or the completion or return of each of its records. The second may be reported before
    /// the first, and frames in any order. So a tenure is over only when both are reported for every frame, and records that came back are
    /// sorted by number.
    /// </summary>
    private void Told(OwnerTenure tenure, OutgoingFrame? ended)
    {
        lock (_lock)
        {
            if (ended is null)
                tenure.IsSending = false;
            else
            {
                tenure.Count(ended);
                Expiry.Expect(ended.EarliestBackExpiry);
            }

            // Here already: what came back must be in this queue before anybody looks whether it is at rest.
            Advance();
        }

        Proceed();
    }

    private void EndExpired(long now)
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
        {
            foreach (var queue in Queues)
                queue.TakeExpired(now, stream.Clock.ToUtc(now), ends);
            _tenure?.TakeExpired(now, stream.Clock.ToUtc(now), ends);
            Expiry.Searched(now, Math.Min(Queues.Min(static q => q.EarliestExpiry()), _tenure?.EarliestExpiry() ?? long.MaxValue));
        }

        stream.Forwarding.End(CollectionsMarshal.AsSpan(ends));
    }

    /// <summary>
    /// Takes every step that is possible now, and tells if the queue is over, perhaps once more. Called outside the lock: the engine may pass on the
    /// remaining records.
    /// </summary>
    private void Proceed()
    {
        lock (_lock)
        {
            Advance();
            if (!_isClosed || _tenure is not null)
                return;
        }

        _succession.QueueIsOver();
    }
}
