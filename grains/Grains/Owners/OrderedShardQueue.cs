using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>
/// What was accepted here for one shard of an ordered stream. All of it that is under way is at one place: in the shard's engine here, or
/// at the silo whose turn it is. Before anything goes to another place, everything at the former one has ended or is back here, in its order.
/// </summary>
/// <remarks>
/// That is all the order of a stream across silos rests on: every place keeps the order of what it is given, and what comes back from one is
/// always the end of what it was given. A shard's lane waits for those of the shards before it in the same way, by its engine's predecessors.
/// Its lock comes before the engine's and the outbox'.
/// </remarks>
internal sealed class OrderedShardQueue(StreamPipeline stream, ShardEngine engine, OrderedOwners owners) : IShardQueue
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);

    private readonly QueueSuccession _succession = engine.Succession!.Queue;
    private readonly Lock _lock = new();
    private FrameQueue _waiting = new();
    private FrameQueue _back = new();
    private OwnerTenure? _turn;
    private int _fruitless;
    private bool _isLocating;
    private bool _isClosed;
    private bool _isOver;

    public bool TryAdd(in IncomingRecord record)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            // The engine may have closed since it was looked at: then the record waits here, and Advance() asks who owns the shard now.
            if (!GoesStraight || !engine.TryAppend(record))
                _waiting.Add(record);
            Advance();
            return true;
        }
    }

    public bool TryAdd(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            if (!GoesStraight || !engine.TryAppend(batch, picks))
            {
                foreach (var pick in picks)
                    _waiting.Add(batch.Record(pick));
            }

            Advance();
            return true;
        }
    }

    public bool TryTakeBack(in IncomingRecord record)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _back.Add(record);
            Advance();
            return true;
        }
    }

    public void Resume()
    {
        lock (_lock)
        {
            if (!_isOver)
                Advance();
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Advance();
        }

        SayIfOver();
    }

    public void PassOn()
    {
        List<QueuedFrame> left;
        lock (_lock)
            left = [.. _back.TakeAll(), .. _waiting.TakeAll()];
        foreach (var frame in left)
            frame.ForEach(stream.Forwarding.TakeBack);
    }

    /// <summary>That silo owns nothing any more.</summary>
    public void Leave(Outbox owner)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_turn?.Owner, owner))
                _turn.IsEnding = true;
            Advance();
        }

        SayIfOver();
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return Math.Min(_back.OldestAcceptedAt(), _waiting.OldestAcceptedAt());
    }

    private bool IsEmpty => _back.IsEmpty && _waiting.IsEmpty;

    /// <summary>Nothing goes before what is accepted now, but what the engine here has already.</summary>
    private bool GoesStraight => IsEmpty && _turn is null && !_succession.IsAwaited;

    /// <summary>Does what can be done now. Guarded by the lock. Called after whatever may have changed what can be done.</summary>
    private void Advance()
    {
        if (_turn is { } turn)
        {
            // The shard has come here, or is no more, while another silo has records of it: they land or come back before anything else goes.
            turn.IsEnding |= engine.IsOpen || _isClosed;
            if (!turn.IsEnding && !turn.IsSending && !IsEmpty)
                SendNext(turn);
            if (!turn.IsOver)
                return;
            EndTurn(turn);
        }

        // An engine that opens asks for an Advance() afterwards: whichever of the two comes second finds the other's work done.
        if (_isClosed || IsEmpty || _succession.IsAwaited || _isLocating || engine.WhileOpen(AppendAll))
            return;
        _isLocating = true;
        var wait = _fruitless == 0 ? TimeSpan.Zero : FirstWait * (1 << Math.Min(_fruitless, 5));
        owners.Locate(engine.Range.ShardId, wait, Resolve, EndExpired);
    }

    private void SendNext(OwnerTenure turn)
    {
        var queue = _back.IsEmpty ? _waiting : _back;
        // Taken out only once the outbox has it: one that was lost or closed meanwhile has not, and its turn ends.
        if (turn.Owner.Send(queue.Peek()!, turn) is null)
        {
            turn.IsEnding = true;
            return;
        }

        queue.Take();
        turn.IsSending = true;
        turn.Open++;
    }

    /// <summary>What came back goes before everything else.</summary>
    private void EndTurn(OwnerTenure turn)
    {
        _turn = null;
        _fruitless = turn.WasOfUse || !turn.HasGivenBack ? 0 : _fruitless + 1;
        if (!turn.HasGivenBack)
            return;
        var back = new FrameQueue();
        turn.AddGivenBackTo(back);
        foreach (var frame in _back.TakeAll())
            back.Add(frame);
        _back = back;
        // Perhaps the shard is no more.
        stream.RefreshMap();
    }

    private void AppendAll()
    {
        foreach (var frame in _back.TakeAll().Concat(_waiting.TakeAll()))
            frame.ForEach((in IncomingRecord record) => engine.TryAppend(record));
    }

    /// <summary>The owner is found; null for this silo.</summary>
    private bool Resolve(Outbox? owner)
    {
        lock (_lock)
        {
            // The answer is older than this moment. This silo may own the shard and not have opened it yet: asked again.
            if (owner is null && !engine.IsOpen && !_isClosed)
                return false;
            if (owner is not null && !engine.IsOpen && !_isClosed && !_succession.IsAwaited && !IsEmpty)
            {
                // What the sending tells waits for the lock in Told(), so it finds the turn in force.
                var turn = new OwnerTenure(engine.Range.ShardId, owners.NextTurn(), owner, Told);
                SendNext(turn);
                if (turn.IsEnding)
                    return false;
                _turn = turn;
            }

            _isLocating = false;
            Advance();
            return true;
        }
    }

    /// <summary>
    /// A frame has arrived at the owner, or each of its records has ended or come back. The second may be told before the first, and frames
    /// in any order: a turn is over only when both are told of every frame, and what came back is sorted by its number.
    /// </summary>
    private void Told(OwnerTenure turn, SentFrame? settled)
    {
        lock (_lock)
        {
            if (settled is null)
                turn.IsSending = false;
            else
                turn.Count(settled);
            Advance();
        }

        SayIfOver();
    }

    private void EndExpired()
    {
        var now = stream.Clock.Now;
        List<ForwardedOutcome> ends = [];
        lock (_lock)
            (_back, _waiting) = (WithoutExpired(_back, now, ends), WithoutExpired(_waiting, now, ends));
        stream.Forwarding.End(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ends));
    }

    private FrameQueue WithoutExpired(FrameQueue queue, long now, List<ForwardedOutcome> ends)
    {
        var left = new FrameQueue();
        foreach (var frame in queue.TakeAll())
        {
            var expired = ForwardedOutcomes.Expired(frame, now, stream.Clock.ToUtc(now));
            ends.AddRange(expired);
            if (expired.Length == 0)
                left.Add(frame);
            else
                frame.ForEach((in IncomingRecord record) => AddUnexpired(left, record, now));
        }

        return left;
    }

    private static void AddUnexpired(FrameQueue queue, in IncomingRecord record, long now)
    {
        if (record.Member.Sink.ExpiresAt > now)
            queue.Add(record);
    }

    /// <summary>Called outside the lock: the engine may pass on what is left here.</summary>
    private void SayIfOver()
    {
        lock (_lock)
        {
            if (_isOver || !_isClosed || _turn is not null)
                return;
            _isOver = true;
        }

        owners.Remove(this);
        _succession.QueueIsOver();
    }
}
