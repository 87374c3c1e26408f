using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Spilling;

/// <summary>
/// Where records of a stream wait for room that spills: open, they go to the backlog; closed, they wait for room. It looks at the room only while
/// somebody found none, or while it is open.
/// </summary>
internal sealed class SpillGate : TimerEntry
{
    private const long LookEvery = 20 * TimeSpan.TicksPerMillisecond;
    private const double Half = 0.5;

    private readonly string _stream;
    private readonly RoomPair _room;
    private readonly Room _spillRoom;
    private readonly StreamBacklog _backlog;
    private readonly PipelineServices _services;
    private readonly SpillSwitch _switch = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource _changed = new();
    private long _delivered = -1;
    private volatile bool _isOpen;
    private bool _stopped;

    public SpillGate(string stream, RoomPair room, Room spillRoom, StreamBacklog backlog, PipelineServices services)
    {
        _stream = stream;
        _room = room;
        _spillRoom = spillRoom;
        _backlog = backlog;
        _services = services;
    }

    internal override int Rank => 3;

    /// <summary>Records go to the backlog, whatever was asked for.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>What waits in the store may take room: while records spill only what finds whether Kinesis takes them again.</summary>
    public bool AllowsReplay => !_isOpen || _room.Fill < Half;

    /// <summary>Finds room for records, in line if need be.</summary>
    /// <returns>True when they go to the backlog: their room is that beside the stream's, until <see cref="Written"/>.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was taken.</exception>
    public async ValueTask<bool> FindRoomAsync(long charge, int records, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Token;
            var spills = _isOpen;
            if (spills ? _spillRoom.TryReserve(charge, records) : _room.TryReserve(charge, records))
                return spills;
            using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, changed);
            try
            {
                var waiting = spills ? _spillRoom.ReserveAsync(charge, records, until.Token) : _room.ReserveAsync(charge, records, until.Token);
                if (!spills && !waiting.IsCompleted)
                {
                    _services.Relieve();
                    Look();
                }

                await waiting.ConfigureAwait(false);
                return spills;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The gate has opened or closed meanwhile.
            }
        }
    }

    /// <summary>Records that went to the backlog are there, or stand in the stream's room now.</summary>
    public void Written(long charge, int records) => _spillRoom.Release(charge, records);

    /// <summary>Turns away who waits.</summary>
    public void Close(Exception reason) => _spillRoom.Close(reason);

    /// <summary>Looks at the room, and goes on looking while something may change by itself.</summary>
    public void Look()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            var now = _services.Clock.Now;
            var delivered = _backlog.DeliveredSoFar;
            _switch.Observe(now, _room.Fill, _room.HasWaiters, (_delivered >= 0 && delivered > _delivered) || _backlog.IsEmpty);
            _delivered = delivered;
            var opens = _switch.IsEngaged && _backlog.TakesMore;
            if (!_switch.IsAtRest)
                _services.Timers.Schedule(this, now + LookEvery);
            if (opens == _isOpen)
                return;
            _isOpen = opens;
        }

        Volatile.Read(ref _changed).Cancel();
        Volatile.Write(ref _changed, new CancellationTokenSource());
        if (_isOpen)
            _services.Events.SpillBegan(_stream);
        else
            _services.Events.SpillEnded(_stream);
        _backlog.WakeReplay();
    }

    public void Stop()
    {
        lock (_gate)
            _stopped = true;
        _services.Timers.Cancel(this);
    }

    internal override void OnDue(long now) => Look();
}
