using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>The logs: its own, and those of others that it brings to an end.</summary>
internal sealed partial class StreamBacklog
{
    private readonly string?[] _troubles = new string?[Enum.GetValues<Trouble>().Length];

    /// <summary>What was tried of the store.</summary>
    private enum Trouble
    {
        Writing,
        Reading,
        MovingAside,
        Letters,
    }

    /// <summary>
    /// Brings the log of a process that is no more to its end: what is in it is delivered as if it had been found at the start. Completes when
    /// nothing of it is left; the log is disposed then.
    /// </summary>
    /// <param name="log">The log, opened: its former owner can write no more.</param>
    /// <exception cref="BacklogFencedException">Yet another process owns it now.</exception>
    /// <exception cref="ObjectDisposedException">This process ends.</exception>
    public Task AdoptAsync(ISegmentLog log)
    {
        var adopted = Add(log);
        _replayer.Add(adopted.Book);
        EndIfOver(adopted);
        return adopted.Ended.Task;
    }

    private OpenLog Add(ISegmentLog log)
    {
        var book = LogBook.Open(_stream, log, _services.Events);
        var open = new OpenLog(book);
        open.Saver = new ProgressSaver(book, _clock, _services.Timers, e => Lost(open, e));
        lock (_gate)
            _logs.Add(open);
        if (book.HasGarbage)
            book.Changed();
        return open;
    }

    /// <summary>A segment that was found, with its number of records known, comes into the books.</summary>
    private void Count(HeldSegment held, int records)
    {
        var found = held.Counted(records);
        _accounts.Found(found);
    }

    private void Over(HeldSegment held, bool isThere = true)
    {
        held.Book.Over(held, isThere);
        OpenLog? log;
        lock (_gate)
            log = _logs.Find(l => l.Book == held.Book);
        if (log is not null)
            EndIfOver(log);
    }

    private void EndIfOver(OpenLog log)
    {
        if (log != _own && log.Book.Segments == 0)
            _ = CloseAsync(log, null);
    }

    private async Task CloseAsync(OpenLog log, Exception? unfinished)
    {
        lock (_gate)
        {
            if (!_logs.Remove(log))
                return;
        }

        _replayer.Remove(log.Book);
        lock (_gate)
            _formerUnits += log.Book.Log.WriteUnits;
        try
        {
            log.Saver!.Stop();
            await log.Saver.SaveAsync().ConfigureAwait(false);
            await log.Book.Log.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _services.Events.Unexpected("closing the backlog", e);
        }

        if (unfinished is null)
            log.Ended.TrySetResult();
        else
            log.Ended.TrySetException(unfinished);
        _ = log.Ended.Task.Exception;
    }

    /// <summary>Another process owns a log now, and delivers what is in it.</summary>
    private void Lost(OpenLog log, BacklogFencedException why)
    {
        lock (_gate)
        {
            if (!_logs.Remove(log))
                return;
        }

        _services.Events.BacklogFenced(_stream, why.Message);
        log.Saver!.Stop();
        log.Book.IsLost = true;
        _replayer.Remove(log.Book);
        _accounts.FromBacklogToUnknown(log.Book.All().Sum(static s => s.Waiting));
        if (log == _own && !_store.Store.BeginsAnew)
            GiveUp(_commit.Stop(why.Message));
        else if (log == _own)
            BeginAnew(log, why);
        log.Ended.TrySetException(why);
        _ = log.Ended.Task.Exception;
    }

    /// <summary>Its own log is another process' now, with what is in it: a new one follows. What the former did not acknowledge goes its way without.</summary>
    private void BeginAnew(OpenLog former, BacklogFencedException why)
    {
        lock (_gate)
        {
            _own = null;
            _formerUnits += former.Book.Log.WriteUnits;
        }

        GiveUp(_commit.Abandon(why.Message));
        _ = LetGoAsync(former);
        if (_isStopping)
            return;
        lock (_gate)
            _opening = OpenAsync();
    }

    private async Task LetGoAsync(OpenLog former)
    {
        try
        {
            await former.Book.Log.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _services.Events.Unexpected("closing a log of the backlog that was lost", e);
        }
    }

    /// <summary>What cannot be done now, as far as it is not of writing; null where all can.</summary>
    private string? OtherTrouble
    {
        get
        {
            lock (_troubles)
                return _troubles.FirstOrDefault(static t => t is not null);
        }
    }

    private void Told(Trouble what, string error)
    {
        lock (_troubles)
        {
            var isFirst = _troubles.All(static t => t is null);
            _troubles[(int)what] = error;
            if (!isFirst)
                return;
        }

        _services.Events.BacklogDown(_stream, error);
    }

    /// <summary>That can be done again.</summary>
    private void Healed(Trouble what)
    {
        if (Volatile.Read(ref _troubles[(int)what]) is null)
            return;
        lock (_troubles)
        {
            if (_troubles[(int)what] is null)
                return;
            _troubles[(int)what] = null;
            if (_troubles.Any(static t => t is not null))
                return;
        }

        _services.Events.BacklogUp(_stream);
    }

    private sealed class OpenLog(LogBook book)
    {
        public LogBook Book => book;

        public ProgressSaver? Saver { get; set; }

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
