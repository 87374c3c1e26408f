using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Records that wait to be sent, in order, in frames that fill up while they wait. Guarded by its owner's lock.</summary>
/// <param name="numbers">The producer numbers of records that have none yet; null where they get none here.</param>
internal sealed class FrameQueue(NumberLine? numbers = null)
{
    /// <summary>So many builders without a queue are kept, whatever a burst needed.</summary>
    public const int MostKept = 256;

    // A builder has its own buffers, so a queue has one only while it has something to send.
    private static readonly ConcurrentBag<BatchBuilder> Builders = [];
    private static int _kept;

    private readonly Queue<OutgoingFrame> _full = new();
    private readonly List<FrameRun> _runs = [];
    private BatchBuilder? _open;

    /// <summary>How many builders wait for a queue that needs one.</summary>
    public static int Kept => Volatile.Read(ref _kept);

    public bool IsEmpty => _full.Count == 0 && _open is null;

    /// <param name="horizon">What the record is counted in until it has its outcome or is routed again; null where it is not.</param>
    public void Add(in IncomingRecord record, ShardHorizon? horizon = null)
    {
        _open ??= NewBuilder();
        var number = record.Number;
        if (number is null && numbers is not null && !record.Member.Sink.IsAlone)
            number = numbers.Give();
        // An empty one takes any record.
        while (!_open.TryAdd(record, record.HashKey, number))
            EnqueueOpen(_open);
        if (_runs.Count > 0 && _runs[^1].Horizon == horizon)
            _runs[^1] = new FrameRun(horizon, _runs[^1].Count + 1);
        else
            _runs.Add(new FrameRun(horizon, 1));
    }

    /// <summary>Adds records of one shard, and counts them in.</summary>
    public void Add(in ShardRecords records, ShardHorizon? horizon)
    {
        var ticks = 0L;
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            Add(record, horizon);
            var charge = RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length);
            ticks += horizon?.TicksOf(charge - RecordValidator.ChargePerRecord, record.Member.Sink.IsAlone) ?? 0;
        }

        horizon?.WentElsewhere(ticks);
    }

    /// <summary>Adds a packed frame.</summary>
    public void Add(OutgoingFrame frame)
    {
        Close();
        _full.Enqueue(frame);
    }

    /// <summary>Takes the next frame, full or not; null if there is none.</summary>
    public OutgoingFrame? Take()
    {
        if (_full.Count == 0)
            Close();
        return _full.TryDequeue(out var frame) ? frame : null;
    }

    public List<OutgoingFrame> TakeAll()
    {
        Close();
        var all = _full.ToList();
        _full.Clear();
        return all;
    }

    /// <summary>When the oldest of the records was accepted.</summary>
    public long OldestAcceptedAt()
    {
        Close();
        return _full.Select(static f => f.OldestAcceptedAt).DefaultIfEmpty(long.MaxValue).Min();
    }

    /// <summary>When the first of the records expires.</summary>
    public long EarliestExpiry()
    {
        Close();
        return _full.Select(static f => f.EarliestExpiry).DefaultIfEmpty(long.MaxValue).Min();
    }

    /// <summary>Takes out the records whose time-to-live is over; the others keep their order.</summary>
    /// <param name="at">The same as wall-clock time.</param>
    /// <param name="ends">Receives their outcomes.</param>
    public void TakeExpired(long now, DateTimeOffset at, List<ForwardedOutcome> ends)
    {
        if (EarliestExpiry() > now)
            return;
        foreach (var frame in TakeAll())
        {
            if (frame.EarliestExpiry > now)
            {
                Add(frame);
                continue;
            }

            var index = 0;
            FailureReason? reason = null;
            frame.ForEach((in IncomingRecord record) =>
            {
                if (record.Member.Sink.ExpiresAt > now)
                {
                    Add(record, frame.HorizonOf(index));
                }
                else
                {
                    ends.Add(frame.ExpiredOf(index, at, ref reason));
                    frame.CountOut(index);
                }

                index++;
            });
        }
    }

    private void Close()
    {
        if (_open is null)
            return;
        EnqueueOpen(_open);
        if (Interlocked.Increment(ref _kept) <= MostKept)
            Builders.Add(_open);
        else
            Interlocked.Decrement(ref _kept);
        _open = null;
    }

    private void EnqueueOpen(BatchBuilder open)
    {
        _full.Enqueue(new OutgoingFrame(open.Take(), [.. _runs]));
        _runs.Clear();
        numbers?.Tell();
    }

    private static BatchBuilder NewBuilder()
    {
        if (!Builders.TryTake(out var builder))
            return new BatchBuilder();
        Interlocked.Decrement(ref _kept);
        return builder;
    }
}

/// <summary>Neighbouring records of a frame that are counted in one shard's horizon until they have their outcomes.</summary>
/// <param name="Horizon">The horizon; null where they are not counted.</param>
internal readonly record struct FrameRun(ShardHorizon? Horizon, int Count);
