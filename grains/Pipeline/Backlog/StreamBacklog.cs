using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// The durable backlog of one stream in one process. Accepted records go in before their caller is answered, or when memory is full, and come out as
/// Kinesis takes them. The backlog writes one log of its own; it replays that log and the logs of processes that are gone. This class only wires its
/// parts together.
/// </summary>
internal sealed class StreamBacklog
{
    private readonly BacklogStorage _storage;
    private readonly BacklogContext _context;
    private readonly BacklogState _state;
    private readonly FlushBarrier _inMemory = new();
    private readonly DeadLetterQueue _letters;
    private readonly SegmentReader _reader;
    private readonly SegmentCommits _commits;
    private readonly BacklogIntake _intake;

    public StreamBacklog(BacklogStorage storage, MemoryLimit memory, RecordLimit limit, RecordCompleter completer, IRoute router, Action<long> arrived)
    {
        _storage = storage;
        _context = storage.Context;
        _state = storage.State;
        if (_context.Settings.Options.HighWaterMode == HighWaterMode.Spill)
            Spill = new SpillGate(_context, memory, _state, storage.Replayer);
        var segments = new SegmentUpkeep(_context, storage.Logs, storage.Replayer);
        _letters = new DeadLetterQueue(_context, storage.DeadLetters, segments);
        _reader = new SegmentReader(_context, storage.Logs, segments);
        var outcomes = new SegmentOutcomes(_context, memory, completer, segments, _letters);
        var routing = new SegmentRouter(_context, outcomes, router, arrived, _inMemory);
        _commits = new SegmentCommits(_context, storage, memory, Spill, segments, routing);
        _intake = new BacklogIntake(_context, storage, memory, Spill, _inMemory);
        storage.Commit.Start(_commits);
        storage.Replayer.Start(new BacklogReplaySource(storage, memory, limit, Spill, _reader, segments, routing, _letters));
    }

    /// <summary>Gets the gate for records that find memory full; null where such records wait or are dropped.</summary>
    public SpillGate? Spill { get; }

    /// <inheritdoc cref="BacklogState.IsStopped"/>
    public bool IsStopped => _state.IsStopped;

    /// <inheritdoc cref="BacklogState.TakesMore"/>
    public bool TakesMore => _state.TakesMore;

    /// <inheritdoc cref="BacklogState.PendingSegments"/>
    public int PendingSegments => _state.PendingSegments;

    /// <inheritdoc cref="BacklogState.MustGoBehind"/>
    public bool MustGoBehind => _state.MustGoBehind;

    /// <inheritdoc cref="BacklogState.WaitsInStore"/>
    public bool WaitsInStore => _state.WaitsInStore;

    /// <inheritdoc cref="BacklogState.KeepsAtStop"/>
    public bool KeepsAtStop => _state.KeepsAtStop;

    /// <summary>
    /// Whether nothing is kept, set aside or damaged, the store answers and knows that all is done: then closing it forgets nothing, and nothing is
    /// delivered again once it is open again.
    /// </summary>
    public bool HoldsNothing =>
        Status is { Records: 0, Segments: 0, DeadLetters: 0, DamagedSegments: 0, IsSpilling: false, StoreError: null } && PendingSegments == 0
        && _storage.Logs.AreSaved;

    /// <summary>Whether records may be kept under numbers that another process gave: of a log that it left, or of a dead letter that was put again.</summary>
    public bool HoldsOthers => _storage.Logs.HasAdopted || _intake.HoldsPutAgain;

    /// <summary>Why the store cannot be used; null while it can.</summary>
    public string? StoreError => _state.StoreError;

    /// <summary>The dead letters that this process keeps itself.</summary>
    public long DeadLetters => _storage.DeadLetters.Count;

    /// <summary>How long the oldest record has been waiting in the store; 0 where none does.</summary>
    public TimeSpan OldestAge => _storage.Logs.OldestAt is { } oldest ? TimeSpan.FromMilliseconds(Math.Max(0, _context.UnixNow - oldest)) : TimeSpan.Zero;

    /// <summary>The segments that could not be read, those of dead letters included.</summary>
    public long DamagedSegments => _reader.Damaged + _storage.Logs.SetAside + _storage.DeadLetters.Damaged;

    /// <summary>Gets the status for operators and monitoring.</summary>
    public BacklogStatus Status
    {
        get
        {
            var (logs, letters) = (_storage.Logs, _storage.DeadLetters);
            var units = logs.WriteUnits + letters.WriteUnits;
            return new BacklogStatus
            {
                Records = _context.Ledger.Read().InBacklog,
                Segments = logs.Segments,
                Bytes = logs.Bytes,
                OldestAge = OldestAge,
                IsSpilling = Spill is { IsOpen: true },
                StoreError = _state.StoreError,
                DeadLetters = DeadLetters,
                DamagedSegments = DamagedSegments,
                WriteUnits = units,
                Cost = units * _context.Backlog.WriteUnitPrice / 1_000_000,
            };
        }
    }

    /// <summary>Returns the rider of records that use the backlog so; null for those that do not.</summary>
    public BacklogRider? RiderOf(BacklogUse use) => use switch
    {
        BacklogUse.Asked => _storage.Fallback.Asked,
        BacklogUse.InNeed => _storage.Fallback.InNeed,
        _ => null,
    };

    /// <summary>Opens the log before the first record is put, where the stream's settings request it.</summary>
    public void Begin()
    {
        if (Spill is not null || _context.Settings.KeepsOrder || _context.Settings.Options.AckLevel == AckLevel.Persisted)
            Open();
    }

    /// <inheritdoc cref="BacklogLogs.Open"/>
    public Task Open() => _storage.Logs.Open();

    /// <inheritdoc cref="BacklogIntake.TryTake(in IncomingRecord, bool)"/>
    public bool TryTake(in IncomingRecord record, bool isSpilled) => _intake.TryTake(record, isSpilled);

    /// <inheritdoc cref="BacklogIntake.TryTake(PreparedBatch, bool)"/>
    public bool TryTake(PreparedBatch batch, bool isSpilled) => _intake.TryTake(batch, isSpilled);

    /// <summary>
    /// Delivers the log of a process that is gone, as if its contents had been found at the start. Completes when the log is empty; the log is then
    /// disposed.
    /// </summary>
    /// <param name="log">The opened log: its former owner can write no more.</param>
    /// <exception cref="BacklogFencedException">Yet another process owns it now.</exception>
    /// <exception cref="ObjectDisposedException">This process is stopping.</exception>
    public Task AdoptAsync(ISegmentLog log) => _storage.Logs.AdoptAsync(log);

    /// <summary>Lists dead letters, oldest first.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(long after, int max, CancellationToken cancellationToken) =>
        _storage.DeadLetters.ListAsync(after, max, cancellationToken);

    /// <summary>Drops dead letters for good: they count as failed.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public Task<int> DropDeadLettersAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken) =>
        _storage.DeadLetters.DropAsync(numbers, cancellationToken);

    /// <summary>Puts dead letters into the backlog again.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public Task<int> RequeueDeadLettersAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken) =>
        _storage.DeadLetters.RequeueAsync(numbers, RequeueAsync, cancellationToken);

    /// <inheritdoc cref="BacklogIntake.RequeueAsync"/>
    public Task RequeueAsync(IReadOnlyList<DeadLetter> letters) => _intake.RequeueAsync(letters);

    /// <summary>Stops replaying. Completes when all replayed records in memory have an outcome or are back in the store.</summary>
    public Task DrainAsync()
    {
        _storage.Replayer.Stop();
        return _inMemory.Close();
    }

    /// <summary>From now on segments are written without delay, and records that the store does not take continue without it.</summary>
    public void BeginStop()
    {
        _storage.Fallback.BeginStop();
        _storage.Logs.BeginStop();
        _commits.BeginStop();
        _storage.Commit.Expedite();
    }

    /// <summary>Saves the progress and closes the logs. No record is in memory any more.</summary>
    public async Task CloseAsync()
    {
        Spill?.Stop();
        // A stream may be closed that was not drained. Reading is cancelled below, and would be tried again at once, for ever.
        _storage.Replayer.Stop();
        await _inMemory.Close().ConfigureAwait(false);
        await _context.StopAsync().ConfigureAwait(false);
        await _letters.EmptyAsync().ConfigureAwait(false);
        _storage.Commit.Stop("the producer was disposed");
        await _storage.Logs.CloseAsync().ConfigureAwait(false);
        await _storage.DeadLetters.DisposeAsync().ConfigureAwait(false);
    }
}
