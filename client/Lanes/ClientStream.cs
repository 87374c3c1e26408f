using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Lanes.Accepting;
using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>
/// Takes the records of one stream through a client: accept → pack → hand over to a silo → outcome. Each step is a class of its own; this
/// class shows their order.
/// </summary>
internal sealed partial class ClientStream : IOpenStream, IMeasuredStream, IRoute
{
    internal const string NeverTakenOver = "the producer was disposed before a silo took the record over";

    private readonly ClientServices _services;
    private readonly MemoryLimit _memory;
    private readonly BacklogLedger _ledger;
    private readonly FlushBarrier _barrier = new();
    private readonly ForwardedCompleter _completer;
    private readonly Admission _admission;
    private readonly Lock _lock = new();
    private readonly AimedQueues _queue = new();
    private readonly LaneTable _lanes = new();
    private readonly LaneDealer _dealer;
    // While there is no silo, nothing else completes records that wait for a lane.
    private readonly ExpiryTimer _expiry;
    private readonly JoinWait _wait = new();
    private readonly ExpiryTimer _waited;
    // Null on an ordered stream: its messages take one way.
    private readonly StreamAim? _aim;
    private readonly ReliefElsewhere _relief;
    private readonly ClientHorizon _horizon;
    private readonly Dictionary<SiloId, SiloSession> _sessions = [];
    private readonly HashSet<SiloSession> _leaving = [];
    private readonly bool _isOrdered;
    private long _lastMessage;
    private int _inFlight;

    // Records that wait, or whose message is not answered yet.
    private int _unanswered;
    private volatile bool _stopped;

    public ClientStream(string stream, StreamOptions options, ClientServices services, BacklogLedger ledger)
    {
        Stream = stream;
        (_services, _ledger) = (services, ledger);
        var settings = PipelineSettings.Of(options);
        // Only a silo knows the stream's limit.
        settings.SetMaxRecordBytes(long.MaxValue);
        _isOrdered = settings.KeepsOrder;
        _memory = new FairMemory(options.MaxOutstandingBytes, options.MaxOutstandingRecords, services.Memory);
        var (clock, telemetry) = (services.Clock, new StreamTelemetry(stream, services));
        var acceptor = new RecordAcceptor(settings, clock, telemetry, ledger, _barrier, this)
        {
            Promises = TracedPromises.Instance,
            HashesKeys = false,
        };
        _horizon = new ClientHorizon(services.Timers, clock, settings.Ttl, _isOrdered);
        Admission chain = new MemoryAdmission(settings, _memory, acceptor, clock, telemetry, services.Relieve);
        chain = new LaneAdmission(settings, new ClientHorizonAdmission(settings, _horizon, services.Batches, clock, telemetry, chain));
        var intake = new RecordIntake(settings, limit: null, services.Batches, acceptor, chain);
        // On an ordered stream nobody is overtaken while waiting for memory.
        _admission = _isOrdered ? new OrderedIntake(intake) : intake;
        _completer = new ForwardedCompleter(_ledger, _memory, telemetry);
        _aim = _isOrdered ? null : new StreamAim(this, services);
        _dealer = new LaneDealer(this, services, _isOrdered);
        _expiry = new ExpiryTimer(services.Timers, EndExpired);
        _waited = new ExpiryTimer(services.Timers, EndWait);
        _relief = new ReliefElsewhere(_memory, Expedite, services.Timers, services.Clock);
    }

    public string Stream { get; }

    public StreamLedger Ledger => _ledger.Read();

    /// <summary>The memory that the stream's records hold, in bytes.</summary>
    public long OutstandingBytes => _memory.Bytes;

    /// <summary>How long the oldest record without an outcome has been waiting.</summary>
    public TimeSpan OldestRecordAge => _services.Clock.AgeOf(OldestAcceptedAt());

    /// <summary>Whether the stream has records, or sessions that have not rested yet.</summary>
    public bool IsActive
    {
        get
        {
            lock (_lock)
                return !_queue.IsEmpty || _sessions.Values.Any(static s => !s.IsResting);
        }
    }

    /// <summary>
    /// Whether the stream could end now without anything being lost or forgotten: it has no record, and silos owe it no outcome. Sessions that they
    /// still have are forgotten there.
    /// </summary>
    public bool HoldsNothing =>
        Ledger is { InFlight: 0 } && _barrier.Open == 0 && !_memory.HasWaiters && Array.TrueForAll(Sessions(), static s => s.IsEmpty);

    /// <summary>Accept: validates a record and reserves memory for it.</summary>
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        _admission.PutAsync(record, options, cancellationToken);

    /// <summary>Accept: validates records and reserves memory for them.</summary>
    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        _admission.PutBatchAsync(
            new UserRecordSource(records, hashesKeys: _aim?.Table is not null), TracedPromises.Instance.NewBatch(records.Length), options, cancellationToken);

    /// <summary>Pack: adds the record to the open message.</summary>
    public void Route(in IncomingRecord record)
    {
        var target = _aim?.Table is { } table
            ? table.Find(record.HasExplicitHashKey ? record.HashKey : RoutingHash.Of(record.PartitionKey))
            : null;
        lock (_lock)
        {
            _queue.Add(record, target, _lanes);
            _expiry.Expect(record.Member.Sink.ExpiresAt);
            _horizon.Accepted(RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length)
                - RecordValidator.ChargePerRecord);
            Count(1);
        }

        Dispatch();
    }

    /// <summary>Pack: adds the records of a batch to open messages. Those for one silo have no other caller's record between them.</summary>
    public void Route(PreparedBatch prepared)
    {
        var table = prepared.HasHashes ? _aim?.Table : null;
        lock (_lock)
        {
            for (var pick = 0; pick < prepared.Count; pick++)
                _queue.Add(prepared.Record(pick), table?.Find(prepared.Hashes[pick]), _lanes);
            _expiry.Expect(prepared.Sink.ExpiresAt);
            _horizon.Accepted(prepared.Charge - ((long)prepared.Count * RecordValidator.ChargePerRecord));
            Count(prepared.Count);
        }

        Dispatch();
    }

    /// <summary>A barrier: completes when every record accepted before it has its outcome.</summary>
    public Task FlushAsync()
    {
        var ended = _barrier.Close();
        // Messages that wait for more records go now.
        Dispatch();
        Expedite();
        return ended;
    }

    /// <summary>Ends the linger of all records that silos have from this stream.</summary>
    public void Expedite()
    {
        foreach (var session in Sessions())
            session.FlushSoon();
    }

    /// <summary>A caller waits for memory: asks silos to send the records that linger there.</summary>
    public void Relieve() => _relief.Relieve();

    /// <summary>When the oldest record without an outcome was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_lock)
            return Sessions().Select(static s => s.OldestAcceptedAt()).Append(_queue.AcceptedAt).Min();
    }

    /// <summary>Rejects the callers that wait for memory.</summary>
    public void RejectWaiters(string reason) => _admission.Close(reason);

    /// <summary>Completes every record that has no outcome yet. The outcome of a record that a silo has received can no longer be known.</summary>
    public void Stop()
    {
        lock (_lock)
            _stopped = true;
        EndQueued(long.MaxValue - 1, RecordErrorCodes.Shutdown, NeverTakenOver);
        foreach (var session in Sessions())
            session.Stop();
        _dealer.Stop();
        _expiry.Stop();
        _waited.Stop();
    }

    /// <summary>Ends a stream that nobody uses and that holds nothing; its share of the process' memory goes to the others.</summary>
    public Task CloseAsync()
    {
        RejectWaiters("the stream was idle and has closed");
        Stop();
        return FlushAsync();
    }

    /// <summary>Completes records.</summary>
    public void End(List<ForwardedOutcome> ends)
    {
        if (ends.Count > 0)
            _completer.Complete(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ends));
    }

    /// <summary>
    /// Hands over: gives each lane the next message as soon as the lane can take one. A message that records may still join waits for them while calls are
    /// unanswered.
    /// </summary>
    private void Dispatch()
    {
        var needsLanes = false;
        while (true)
        {
            Lane lane;
            OutgoingMessage message;
            lock (_lock)
            {
                if (_stopped || _queue.IsEmpty)
                    break;
                if (!MayHandOver || TryTake() is not { } next)
                {
                    needsLanes = _lanes.IsEmpty;
                    break;
                }

                (lane, message) = next;
                // Records are numbered, not messages: each message has room for as many numbers as it may have records.
                message.First = ++_lastMessage * ClientBatch.MaxRecords;
                lane.Window.InFlight++;
                _inFlight++;
                lane.Session.Add(message);
            }

            HandOver(lane, message);
        }

        if (_stopped)
            EndQueued(long.MaxValue - 1, RecordErrorCodes.Shutdown, NeverTakenOver);
        else if (needsLanes)
            _dealer.DealSoon();
    }

    private (Lane Lane, OutgoingMessage Message)? TryTake()
    {
        var next = _queue.TryTake(_lanes, _inFlight == 0 ? 0 : _wait.Ticks, _services.Clock.Now, out var readyAt);
        if (next is null)
            _waited.Expect(readyAt);
        return next;
    }

    private void Count(int records)
    {
        _unanswered += records;
        _aim?.Count(_unanswered, _dealer.KnownSilos);
    }

    /// <summary>On an ordered stream, no message may overtake one in flight or one that a leaving silo still has.</summary>
    private bool MayHandOver => !_isOrdered || _inFlight == 0 && _leaving.All(static s => s.IsEmpty);

    /// <summary>Completes the waiting records whose time-to-live is over.</summary>
    private void EndExpired(long now)
    {
        EndQueued(now, RecordErrorCodes.Expired, "the time-to-live ended before a silo took the record over");
        lock (_lock)
            _expiry.Searched(now, _queue.ExpiresAt);
        Dispatch();
    }

    /// <summary>A message has waited long enough for more records. The timer is set again where another one still waits.</summary>
    private void EndWait(long now)
    {
        lock (_lock)
            _waited.Searched(now, long.MaxValue);
        Dispatch();
    }

    private void EndQueued(long expiresBy, string code, string reason)
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
        {
            foreach (var message in _queue.TakeExpired(expiresBy))
            {
                _unanswered -= message.Count;
                _horizon.Remove(message);
                message.EndAll(ends, RecordStatus.Failed, code, reason);
            }
        }

        End(ends);
    }

    private void HandOver(Lane lane, OutgoingMessage message) => _ = OwnFlow.Run(() => HandOverAsync(lane, message));

    private async Task HandOverAsync(Lane lane, OutgoingMessage message)
    {
        var isBack = false;
        try
        {
            var handing = lane.Session.HandOverAsync(lane.Calls, lane.Window, message);
            // The message came back or ended at once. The next message must not be handed over on the same stack: each would go deeper.
            if (handing.IsCompleted)
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            isBack = !await handing.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _services.Events.Unexpected("handing over to a silo", e);
            lane.Session.End(message, RecordStatus.Unknown, e.GetType().Name, e.Message);
        }

        lock (_lock)
        {
            lane.Window.InFlight--;
            _inFlight--;
            if (isBack)
            {
                _queue.AddAgain(message);
                _expiry.Expect(message.ExpiresAt);
            }
            else
            {
                _unanswered -= message.Count;
                _queue.Ended(message, _services.Clock.Now);
                _horizon.Remove(message);
            }
        }

        Dispatch();
    }
}
