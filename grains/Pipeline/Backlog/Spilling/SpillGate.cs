using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Spilling;

/// <summary>
/// The point where records of a spilling stream wait for memory. When open, records go to the backlog; when closed, they wait for memory. It watches
/// the memory only while it is open, or a record found none.
/// </summary>
internal sealed class SpillGate(BacklogContext context, MemoryLimit memory, BacklogState backlog, Replayer replayer) : TimerEntry
{
    private const long LookEvery = 20 * TimeSpan.TicksPerMillisecond;
    private const double Half = 0.5;

    /// <summary>The bytes of spilled records that may wait to be written while the stream's memory is full, in addition to that memory.</summary>
    public const long MostSpilling = 16 << 20;

    private readonly MemoryLimit _spillMemory = new FairMemory(MostSpilling, 0);
    private readonly SpillSwitch _switch = new();
    private readonly Lock _lock = new();
    private CancellationTokenSource _changed = new();
    private long _delivered = -1;
    private volatile bool _isOpen;
    private volatile bool _isOverfull; // by records that were to spill
    private bool _stopped;

    internal override int Rank => 3;

    /// <summary>Gets whether records go to the backlog, whatever their callers requested.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>
    /// Gets whether replayed records may take memory. While records spill, only the probes may that find out whether Kinesis takes records again.
    /// </summary>
    public bool AllowsReplay => !_isOpen || memory.Fill < Half;

    /// <summary>Reserves memory for records, queueing for it if necessary.</summary>
    /// <returns>True when they go to the backlog: their memory then counts against the spill memory, until <see cref="Written"/>.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was reserved.</exception>
    public async ValueTask<bool> ReserveMemoryAsync(long charge, int records, PutOptions? options, CancellationToken cancellationToken)
    {
        var reserving = ReserveAsync(charge, records, options, cancellationToken);
        if (reserving.IsCompleted)
            return await reserving.ConfigureAwait(false);
        var since = context.Clock.Now;
        try
        {
            return await reserving.ConfigureAwait(false);
        }
        finally
        {
            context.Services.Instruments.Waited(context.Stream, context.Clock.AgeOf(since));
        }
    }

    private async ValueTask<bool> ReserveAsync(long charge, int records, PutOptions? options, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Token;
            var spills = _isOpen && !_isOverfull;
            if (spills ? _spillMemory.TryReserve(charge, records) : memory.TryReserve(charge, records, options))
                return spills;
            using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, changed);
            try
            {
                var waiting = spills
                    ? _spillMemory.ReserveAsync(charge, records, options, until.Token)
                    : memory.ReserveAsync(charge, records, options, until.Token);
                if (!spills && !waiting.IsCompleted)
                {
                    context.Services.Relieve();
                    Look();
                }

                await waiting.ConfigureAwait(false);
                return spills;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The gate has opened or closed meanwhile, or memory is within its limit again.
            }
        }
    }

    /// <summary>Reserves spill memory for records whose shard is full, while the gate is closed too. False where the backlog takes none now.</summary>
    public bool TryReserve(long charge, int records) => backlog.TakesMore && !_isOverfull && _spillMemory.TryReserve(charge, records);

    /// <summary>Releases the spill memory of records that the backlog has written.</summary>
    public void Written(long charge, int records) => _spillMemory.Release(charge, records);

    /// <summary>
    /// Moves records that were to spill into the stream's memory after all, above its limit if necessary. Nothing more spills until it is within its
    /// limit again: each time that the store falls silent, as many records would come on top.
    /// </summary>
    public void Unspill(long charge, int records)
    {
        memory.Charge(charge, records);
        if (memory.Fill > 1)
        {
            _isOverfull = true;
            context.Services.Timers.Schedule(this, context.Clock.Now + LookEvery);
        }

        _spillMemory.Release(charge, records);
    }

    /// <summary>Rejects the callers that wait.</summary>
    public void Close(string reason) => _spillMemory.Close(reason);

    /// <summary>Checks the memory, and keeps checking while something may change by itself.</summary>
    public void Look()
    {
        bool turns;
        CancellationTokenSource former;
        lock (_lock)
        {
            if (_stopped)
                return;
            var now = context.Clock.Now;
            var delivered = context.Ledger.Read().Delivered;
            _switch.Observe(now, memory.Fill, memory.IsAwaited, (_delivered >= 0 && delivered > _delivered) || backlog.IsEmpty);
            _delivered = delivered;
            var opens = _switch.IsEngaged && backlog.TakesMore;
            if (!_switch.IsAtRest)
                context.Services.Timers.Schedule(this, now + LookEvery);
            turns = opens != _isOpen;
            var isWithin = _isOverfull && memory.Fill <= 1;
            if (!turns && !isWithin)
                return;
            _isOpen = opens;
            _isOverfull &= !isWithin;
            // Each is cancelled by who replaces it: one that two threads replaced would leave who waits for it without the next turn.
            former = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
        }

        former.Cancel();
        if (turns)
            Tell();
    }

    public void Stop()
    {
        lock (_lock)
            _stopped = true;
        context.Services.Timers.Cancel(this);
    }

    internal override void OnDue(long now) => Look();

    private void Tell()
    {
        if (_isOpen)
            context.Events.SpillBegan(context.Stream);
        else
            context.Events.SpillEnded(context.Stream);
        replayer.Wake();
    }
}

/// <summary>How full the memory limits of a stream are.</summary>
internal static class MemoryFill
{
    extension(MemoryLimit limits)
    {
        /// <summary>The reserved share of the limit of the stream or of the process, whichever is fuller.</summary>
        public double Fill => limits.FillWith(0, 0);

        /// <summary>Returns the share of the fuller one that would be reserved with this much more.</summary>
        public double FillWith(long bytes, int records) => Math.Max(FillOf(limits, bytes, records), FillOf(limits.Process!, bytes, records));
    }

    private static double FillOf(MemoryLimit limit, long bytes, int records) =>
        Math.Max((limit.Bytes + bytes) / (double)limit.Most.Bytes, (limit.Records + records) / (double)limit.Most.Records);
}
