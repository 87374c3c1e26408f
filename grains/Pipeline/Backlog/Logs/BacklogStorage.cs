using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// The lower half of a stream's backlog: it writes records, owns logs and paces their replay. It knows nothing of engines or outcomes. It is created
/// before the <c>RecordCompleter</c>, which keeps records here; <c>StreamBacklog</c> is created after that.
/// </summary>
internal sealed class BacklogStorage
{
    public BacklogStorage(string stream, PipelineSettings settings, PipelineServices services, BacklogServices backlog, BacklogLedger ledger)
    {
        Context = new BacklogContext(stream, settings, services, backlog, ledger);
        Commit = new GroupCommit(Context.Backlog.CommitDelay, settings.KeepsOrder, services.Events, services.Clock, services.Timers,
            settings.KeptNumbers is { } numbers ? new NumberLine(numbers) : null);
        Replayer = new Replayer(settings, services.Events, services.Clock, services.Timers);
        DeadLetters = new StreamDeadLetters(Context);
        Logs = new BacklogLogs(Context, Commit, Replayer, DeadLetters);
        State = new BacklogState(Context, Commit, Logs, Replayer, DeadLetters);
        Fallback = new BacklogFallback(Context, Commit, Logs, State);
    }

    public BacklogContext Context { get; }

    /// <summary>Writes records.</summary>
    public GroupCommit Commit { get; }

    /// <summary>Replays records.</summary>
    public Replayer Replayer { get; }

    /// <summary>The stream's dead letters.</summary>
    public StreamDeadLetters DeadLetters { get; }

    /// <summary>The open logs.</summary>
    public BacklogLogs Logs { get; }

    /// <summary>The current state of the backlog: whether it accepts records, and whether any wait in it.</summary>
    public BacklogState State { get; }

    /// <summary>Keeps records that would otherwise fail.</summary>
    public BacklogFallback Fallback { get; }
}
