using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Numbers;
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
    private readonly GroupCommit _commit;
    private readonly FlushBarrier _inMemory = new();
    private readonly DeadLetterQueue _letters;
    private readonly SegmentReader _reader;
    private readonly SegmentCommits _commits;

    public StreamBacklog(BacklogContext context, MemoryLimit memory, RecordLimit limit, RecordCompleter completer, IRoute router, Action<long> arrived)
    {
        var (settings, services) = (context.Settings, context.Services);
        Context = context;
        _commit = new GroupCommit(context.Backlog.CommitDelay, settings.KeepsOrder, services.Events, services.Clock, services.Timers,
            settings.KeptNumbers is { } numbers ? new NumberLine(numbers) : null);
        Replayer = new Replayer(settings, services.Events, services.Clock, services.Timers);
        DeadLetters = new StreamDeadLetters(context);
        Logs = new BacklogLogs(context, _commit, Replayer, DeadLetters);
        _letters = new DeadLetterQueue(context, DeadLetters, Logs);
        State = new BacklogState(context, _commit, Logs, Replayer, _letters);
        Fallback = new BacklogFallback(context, _commit, Logs, State);
        if (settings.Options.HighWaterMode == HighWaterMode.Spill)
            Spill = new SpillGate(context, memory, State, Replayer);
        _reader = new SegmentReader(context, Logs);
        var outcomes = new SegmentOutcomes(context, memory, completer, Logs, _letters);
        var routing = new SegmentRouter(context, outcomes, router, arrived, _inMemory);
        _commits = new SegmentCommits(context, State, _commit, Logs, Replayer, memory, Spill, routing);
        Intake = new BacklogIntake(context, State, _commit, Logs, memory, Spill, _inMemory);
        _commit.Start(_commits);
        Replayer.Start(new BacklogReplaySource(context, State, Logs, Replayer, memory, limit, Spill, _reader, routing, _letters));
    }

    public BacklogContext Context { get; }

    /// <summary>The current state of the backlog: whether it accepts records, and whether any wait in it.</summary>
    public BacklogState State { get; }

    /// <summary>The open logs.</summary>
    public BacklogLogs Logs { get; }

    public Replayer Replayer { get; }

    /// <summary>Keeps records that would otherwise fail.</summary>
    public BacklogFallback Fallback { get; }

    public BacklogIntake Intake { get; }

    /// <summary>The records that were set aside.</summary>
    public StreamDeadLetters DeadLetters { get; }

    /// <summary>Gets the gate for records that find memory full; null where such records wait or are dropped.</summary>
    public SpillGate? Spill { get; }

    /// <summary>
    /// Whether nothing is kept, set aside or damaged, the store answers and knows that all is done: then closing it forgets nothing, and nothing is
    /// delivered again once it is open again.
    /// </summary>
    public bool HoldsNothing =>
        Status is { Records: 0, Segments: 0, DeadLetters: 0, DamagedSegments: 0, IsSpilling: false, StoreError: null } && State.PendingSegments == 0
        && Logs.AreSaved;

    /// <summary>
    /// Whether records may be kept under numbers that another process gave: of a log that it left, of one that this process goes on with, or of a dead letter
    /// that was put again.
    /// </summary>
    public bool HoldsOthers =>
        Logs.HasAdopted || Intake.HoldsPutAgain || (!Context.Store.BeginsAnew && Context.Ledger.Read().InBacklog > 0);

    /// <summary>Gets the status for operators and monitoring.</summary>
    public BacklogStatus Status
    {
        get
        {
            var units = Logs.WriteUnits;
            return new BacklogStatus
            {
                Records = Context.Ledger.Read().InBacklog,
                Segments = Logs.Segments,
                Bytes = Logs.Bytes,
                OldestAge = Logs.OldestAge,
                IsSpilling = Spill is { IsOpen: true },
                StoreError = State.StoreError,
                DeadLetters = DeadLetters.Count,
                DamagedSegments = _reader.Damaged + Logs.SetAside + DeadLetters.Damaged,
                WriteUnits = units,
                Cost = units * Context.Backlog.WriteUnitPrice / 1_000_000,
            };
        }
    }

    /// <summary>Opens the log before the first record is put, where the stream's settings request it.</summary>
    public void Begin()
    {
        if (Spill is not null || Context.Settings.KeepsOrder || Context.Settings.Options.AckLevel == AckLevel.Persisted)
            Logs.Open();
    }

    /// <summary>Puts dead letters into the backlog again.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public Task<int> RequeueDeadLettersAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken) =>
        DeadLetters.RequeueAsync(numbers, Intake.RequeueAsync, cancellationToken);

    /// <summary>Stops replaying. Completes when all replayed records in memory have an outcome or are back in the store.</summary>
    public Task DrainAsync()
    {
        Replayer.Stop();
        return _inMemory.Close();
    }

    /// <summary>From now on segments are written without delay, and records that the store does not take continue without it.</summary>
    public void BeginStop()
    {
        Fallback.BeginStop();
        Logs.BeginStop();
        _commits.BeginStop();
        _commit.Expedite();
    }

    /// <summary>Saves the progress and closes the logs. No record is in memory any more.</summary>
    public async Task CloseAsync()
    {
        Spill?.Stop();
        // A stream may be closed that was not drained. Reading is cancelled below, and would be tried again at once, for ever.
        Replayer.Stop();
        await _inMemory.Close().ConfigureAwait(false);
        await Context.StopAsync().ConfigureAwait(false);
        await _letters.EmptyAsync().ConfigureAwait(false);
        _commit.Stop("the producer was disposed");
        await Logs.CloseAsync().ConfigureAwait(false);
        await DeadLetters.DisposeAsync().ConfigureAwait(false);
    }
}
