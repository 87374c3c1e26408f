using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>Saves the progress of a log while it changes, a few times a second at most, and then removes segments that are done.</summary>
internal sealed class ProgressSaver : TimerEntry
{
    /// <summary>The interval between saves. After a crash, records delivered within it, and those in flight, are delivered again.</summary>
    public const long Interval = 200 * TimeSpan.TicksPerMillisecond;

    private const long AfterFailure = TimeSpan.TicksPerSecond;

    private readonly SegmentIndex _book;
    private readonly MonotonicClock _clock;
    private readonly TimerQueue _timers;
    private readonly ILogOwner _owner;
    private readonly SemaphoreSlim _turn = new(1);
    private long _savedAt = -Interval;
    private volatile bool _isDue;
    private volatile bool _stopped;

    public ProgressSaver(SegmentIndex book, ILogOwner owner, MonotonicClock clock, TimerQueue timers)
    {
        _book = book;
        _owner = owner;
        _clock = clock;
        _timers = timers;
        book.Changed = Changed;
    }

    internal override int Rank => 2;

    /// <summary>Saves outstanding progress now. Returns false when the store refused.</summary>
    public async Task<bool> SaveAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _isDue = false;
            await _book.SaveAsync().ConfigureAwait(false);
            Interlocked.Exchange(ref _savedAt, _clock.Now);
            return true;
        }
        catch (BacklogFencedException e)
        {
            _stopped = true;
            _owner.Fenced(_book, e);
            return false;
        }
        catch (BacklogStoreException)
        {
            Interlocked.Exchange(ref _savedAt, _clock.Now + AfterFailure);
            Changed();
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops saving by itself.</summary>
    public void Stop()
    {
        _stopped = true;
        _timers.Cancel(this);
    }

    internal override void OnDue(long now)
    {
        if (!_stopped)
            _ = SaveAsync();
    }

    private void Changed()
    {
        if (_isDue || _stopped)
            return;
        _isDue = true;
        _timers.Schedule(this, Math.Max(_clock.Now, Interlocked.Read(ref _savedAt) + Interval));
    }
}

/// <summary>Owns the logs of one stream in one process.</summary>
internal interface ILogOwner
{
    /// <summary>Called when another process owns that log now.</summary>
    void Fenced(SegmentIndex book, BacklogFencedException why);
}
