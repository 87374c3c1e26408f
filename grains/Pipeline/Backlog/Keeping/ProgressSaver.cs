using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>Saves the progress of a log while it changes, a few times a second at most, and then removes segments that are done.</summary>
internal sealed class ProgressSaver : TimerEntry
{
    /// <summary>The interval between saves. After a crash, records delivered within it, and those in flight, are delivered again.</summary>
    public const long Interval = 200 * TimeSpan.TicksPerMillisecond;

    private const long AfterFailure = TimeSpan.TicksPerSecond;

    private readonly SegmentIndex _index;
    private readonly BacklogContext _context;
    private readonly MonotonicClock _clock;
    private readonly Action<SegmentIndex, BacklogFencedException> _fenced;
    private readonly SemaphoreSlim _lock = new(1);
    private long _savedAt = -Interval;

    // The changes of the log, and how many of them the last save saw.
    private long _changes;
    private long _saved;
    private volatile bool _isDue;
    private volatile bool _stopped;
    private bool _hasTold;

    /// <param name="fenced">Called when another process owns the log now.</param>
    public ProgressSaver(SegmentIndex index, BacklogContext context, Action<SegmentIndex, BacklogFencedException> fenced)
    {
        (_index, _context, _clock, _fenced) = (index, context, context.Clock, fenced);
        index.Changed = Changed;
    }

    /// <summary>Why nothing more of the log can be saved here: another process owns it. Null while this one does.</summary>
    public BacklogFencedException? Fence { get; private set; }

    /// <summary>Whether the store has all progress of the log, and nothing in the log is left to be removed.</summary>
    public bool IsSaved => Interlocked.Read(ref _saved) == Interlocked.Read(ref _changes);

    internal override int Rank => 2;

    /// <summary>Saves outstanding progress now. Returns false when that failed; that was told, and unless stopped it is tried again.</summary>
    /// <remarks>Nobody awaits the saves that the timer begins, so no exception leaves this method.</remarks>
    public async Task<bool> SaveAsync()
    {
        using var turn = await _lock.EnterAsync().ConfigureAwait(false);
        try
        {
            return await TrySaveAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Tell(e);
            Interlocked.Exchange(ref _savedAt, _clock.Now + AfterFailure);
            Schedule();
            return false;
        }
    }

    private async Task<bool> TrySaveAsync()
    {
        _isDue = false;
        var changes = Interlocked.Read(ref _changes);
        try
        {
            await _index.SaveAsync().ConfigureAwait(false);
        }
        catch (BacklogFencedException e)
        {
            (_stopped, Fence) = (true, e);
            Heal();
            _fenced(_index, e);
            return false;
        }

        Interlocked.Exchange(ref _saved, changes);
        Interlocked.Exchange(ref _savedAt, _clock.Now);
        Heal();
        return true;
    }

    /// <summary>Stops saving by itself.</summary>
    public void Stop()
    {
        _stopped = true;
        _context.Services.Timers.Cancel(this);
        if (_index.IsLost)
            Heal();
    }

    internal override void OnDue(long now)
    {
        if (!_stopped)
            _ = SaveAsync();
    }

    /// <summary>Tells that nothing fails any more, where a failure was told.</summary>
    private void Heal()
    {
        if (_hasTold)
            _context.Troubles.Worked(StoreTask.SavingProgress);
        _hasTold = false;
    }

    /// <summary>Tells of the first of failures that follow one another, not of each; of none in a log that is another process' now.</summary>
    private void Tell(Exception why)
    {
        if (_hasTold || _index.IsLost)
            return;
        _hasTold = true;
        if (why is BacklogStoreException)
            _context.Troubles.Failed(StoreTask.SavingProgress, why.Message);
        else
            _context.Events.Unexpected("saving the progress of the backlog", why);
    }

    private void Changed()
    {
        Interlocked.Increment(ref _changes);
        Schedule();
    }

    private void Schedule()
    {
        if (_isDue || _stopped)
            return;
        _isDue = true;
        _context.Services.Timers.Schedule(this, Math.Max(_clock.Now, Interlocked.Read(ref _savedAt) + Interval));
    }
}
