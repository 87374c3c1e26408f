using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// The open logs of one stream: the one that the process writes, and those it adopted from processes that are gone. Each is replayed while it is
/// open. A log is released when it is empty, when another process takes it, or when this process stops.
/// </summary>
internal sealed class BacklogLogs(BacklogContext context, GroupCommit commit, Replayer replayer, StreamDeadLetters letters)
{
    /// <summary>The time until a record that came back undelivered is tried again.</summary>
    private const long RetryAfter = TimeSpan.TicksPerSecond;

    private readonly Lock _lock = new();
    private volatile OpenLog[] _logs = [];
    private volatile OpenLog? _own;
    private Task? _opening;
    private double _formerUnits;
    private long _setAside;
    private volatile bool _isStopping;
    private volatile bool _isClosed;

    /// <summary>Gets whether the process has a log of its own to write.</summary>
    public bool HasOwn => _own is not null;

    /// <summary>Gets whether a log of another process is open.</summary>
    public bool HasAdopted => Array.Exists(_logs, l => l != _own);

    /// <summary>Gets whether nothing waits in the store.</summary>
    public bool IsEmpty => Segments == 0;

    /// <summary>Gets whether the store knows what is done in each log, and has removed it: opened again, none would deliver anything twice.</summary>
    public bool AreSaved => Array.TrueForAll(_logs, static l => l.Saver.IsSaved);

    /// <summary>Gets the number of segments that are not done.</summary>
    public long Segments => _logs.Sum(static l => (long)l.Index.Segments);

    /// <summary>Gets the bytes that the segments take in the store.</summary>
    public long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (var log in _logs)
                bytes += log.Index.Bytes;
            return bytes;
        }
    }

    /// <summary>Gets whether segments wait to be replayed.</summary>
    public bool HasParked => Array.Exists(_logs, static l => l.Index.HasParked);

    /// <summary>Gets how old the oldest record is, as far as that is known; zero for none.</summary>
    public TimeSpan OldestAge => _logs.Max(l => l.Index.Oldest is { } oldest ? context.AgeOf(oldest) : (TimeSpan?)null) ?? TimeSpan.Zero;

    /// <summary>Gets the number of segments that earlier processes set aside in the logs that were ever open here.</summary>
    public long SetAside => Interlocked.Read(ref _setAside);

    /// <summary>Gets the write units used by all logs that were ever open, where the store counts them.</summary>
    public double WriteUnits
    {
        get
        {
            lock (_lock)
                return _formerUnits + _logs.Sum(static l => l.Index.Log.WriteUnits);
        }
    }

    /// <summary>Opens the process' own log, if it is not open yet, and replays its contents. Completes when the log is open.</summary>
    public Task Open()
    {
        lock (_lock)
            return _opening ??= OwnFlow.Run(OpenAsync);
    }

    /// <summary>
    /// Delivers the log of a process that is gone, as if its contents had been found at the start. Completes when the log is empty; the log is then
    /// disposed.
    /// </summary>
    /// <param name="log">The opened log: its former owner can write no more.</param>
    /// <exception cref="BacklogFencedException">Yet another process owns it now.</exception>
    /// <exception cref="ObjectDisposedException">This process is stopping.</exception>
    public Task AdoptAsync(ISegmentLog log)
    {
        var adopted = Add(log);
        replayer.Add(adopted.Index);
        if (_isClosed)
            _ = CloseAsync(adopted, Disposed());
        else
            EndIfEmpty(adopted);
        return adopted.Ended.Task;
    }

    /// <summary>
    /// Called when the outcome of some of the segment's records is known. When all are done, it leaves its log; when some wait and none is in memory, it is
    /// queued for replay.
    /// </summary>
    public void Changed(LogSegment segment)
    {
        if (segment.IsOver)
        {
            Over(segment);
            return;
        }

        if (segment.DoneCount > 0)
            segment.Index.Touch(segment);
        if (segment.Waiting > 0 && segment.InMemory == 0)
        {
            segment.Index.Park(segment, context.Clock.Now);
            replayer.Wake();
        }
    }

    /// <summary>Called when a record stays in the store after all.</summary>
    /// <param name="isLost">
    /// Whether the log's new owner delivers it, at a time not known here. The segment tells: a record that came back just before the fence counts among those
    /// that are written off.
    /// </param>
    public void Stays(LogSegment segment, bool isLost)
    {
        if (isLost)
            context.Lost(1);
        else
            RetryLater(segment);
    }

    /// <summary>Delays the next try of the segment.</summary>
    public void RetryLater(LogSegment segment) => segment.NotBefore = context.Clock.Now + RetryAfter;

    /// <summary>Queues a segment again that was taken for replay and not replayed, if its log still has it.</summary>
    public void ParkAgain(LogSegment segment)
    {
        segment.Unqueue();
        if (segment.IsOver)
            Over(segment);
        else
            segment.Index.Park(segment, context.Clock.Now);
    }

    /// <inheritdoc cref="SegmentIndex.ParkHalf"/>
    public void ParkHalf(LogSegment segment) => segment.Index.ParkHalf(segment, context.Clock.Now);

    /// <summary>Removes a segment whose records are all done, or that can no longer be read.</summary>
    /// <param name="isThere">Whether the log still has the segment.</param>
    public void Over(LogSegment segment, bool isThere = true)
    {
        if (segment.Index.Over(segment, isThere))
            replayer.Wake();
        commit.MadeRoom();
        if (Find(segment.Index) is { } log)
            EndIfEmpty(log);
    }

    /// <summary>Gives up a log that another process owns now. That process delivers its contents.</summary>
    public void Fenced(SegmentIndex index, BacklogFencedException why)
    {
        if (Find(index) is not { } log || !TryRemove(log))
            return;
        context.Events.BacklogFenced(context.Stream, why.Message);
        index.IsLost = true;
        log.Saver.Stop();
        // What failed in it is not tried here again. What fails elsewhere too is told anew with its next try.
        context.Troubles.Worked(StoreTask.Reading);
        context.Troubles.Worked(StoreTask.MovingAside);
        context.Troubles.Worked(StoreTask.KeepingDeadLetters);
        replayer.Remove(index);
        context.Lost(index.All().Sum(static s => (long)s.WriteOff()));
        if (log == _own && !context.Store.BeginsAnew)
            commit.Stop(why.Message);
        else if (log == _own)
            BeginAnew(log, why);
        log.End(why);
    }

    /// <summary>From now on, a log that another process takes has no successor.</summary>
    public void BeginStop() => _isStopping = true;

    /// <summary>Saves the progress and closes all logs.</summary>
    public async Task CloseAsync()
    {
        Task? opening;
        lock (_lock)
            (_isClosed, opening) = (true, _opening);
        await (opening ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_logs.Select(log => CloseAsync(log, Disposed()))).ConfigureAwait(false);
    }

    private async Task OpenAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var backoff = StoreRetries.NewBackoff();
        while (true)
        {
            try
            {
                var own = Add(await context.Store.OpenAsync(context.Stream, SegmentLogKind.Records, context.Stopping).ConfigureAwait(false));
                _own = own;
                // Before the first write, which may find the store full. The state of the store changed only if it was away for long.
                context.Troubles.Worked(StoreTask.Writing);
                commit.Open(own.Index);
                _ = letters.FindAsync();
                replayer.Add(own.Index);
                return;
            }
            catch (BacklogStoreException e)
            {
                commit.NotOpened(e.Message);
                context.Troubles.Failed(StoreTask.Writing, e.Message);
            }
            catch (Exception e) when (e is not OperationCanceledException || !context.Stopping.IsCancellationRequested)
            {
                commit.NotOpened(e.Message);
                context.Events.Unexpected("opening the backlog", e);
            }

            await Task.Delay(backoff.Next(), context.Clock.Time, context.Stopping).ConfigureAwait(false);
        }
    }

    private OpenLog Add(ISegmentLog log)
    {
        var index = SegmentIndex.Open(context.Stream, log, context.Events);
        var open = new OpenLog(index, new ProgressSaver(index, context, Fenced));
        lock (_lock)
        {
            _setAside += log.SetAside;
            _logs = [.. _logs, open];
        }

        context.Found(index.FoundRecords);
        if (index.HasGarbage)
            index.Changed();
        return open;
    }

    private OpenLog? Find(SegmentIndex index) => Array.Find(_logs, l => l.Index == index);

    /// <summary>Removes a log; the write units that it used go on counting. True for one caller, which then closes it.</summary>
    private bool TryRemove(OpenLog log)
    {
        lock (_lock)
        {
            var left = Array.FindAll(_logs, l => l != log);
            if (left.Length == _logs.Length)
                return false;
            _logs = left;
            _formerUnits += log.Index.Log.WriteUnits;
            return true;
        }
    }

    private void EndIfEmpty(OpenLog log)
    {
        if (log != _own && log.Index.Segments == 0)
            _ = CloseAsync(log, null);
    }

    private async Task CloseAsync(OpenLog log, Exception? unfinished)
    {
        if (!TryRemove(log))
            return;
        replayer.Remove(log.Index);
        var units = log.Index.Log.WriteUnits;
        try
        {
            log.Saver.Stop();
            unfinished ??= await SaveToTheEndAsync(log).ConfigureAwait(false);
            if (unfinished is not null && !(log.Saver.IsSaved && log.Index.Segments == 0))
                await log.Saver.SaveAsync().ConfigureAwait(false);
            await LetGoAsync(log, isOwn: log == _own).ConfigureAwait(false);
            lock (_lock)
                _formerUnits += log.Index.Log.WriteUnits - units;
        }
        catch (Exception e)
        {
            context.Events.Unexpected("closing the backlog", e);
        }

        log.End(unfinished);
    }

    /// <summary>
    /// Saves that everything in the log is done, and removes its segments, however long the store takes: nobody opens a log again that ended.
    /// </summary>
    /// <returns>Null once that is so; else why it is not.</returns>
    private async Task<Exception?> SaveToTheEndAsync(OpenLog log)
    {
        var backoff = StoreRetries.NewBackoff();
        while (!await log.Saver.SaveAsync().ConfigureAwait(false))
        {
            if (log.Saver.Fence is { } fence)
                return fence;
            await Task.Delay(backoff.Next(), context.Clock.Time, context.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (context.Stopping.IsCancellationRequested)
                return Disposed();
        }

        return null;
    }

    private static ObjectDisposedException Disposed() => new(nameof(IKplProducer), "the producer was disposed");

    /// <summary>
    /// Opens a new own log after another process took the former one. Records that the former log did not acknowledge continue without a log.
    /// </summary>
    private void BeginAnew(OpenLog former, BacklogFencedException why)
    {
        _own = null;
        commit.Abandon(why.Message);
        _ = LetGoLostAsync(former);
        if (_isStopping)
            return;
        lock (_lock)
            _opening = OpenAsync();
    }

    /// <summary>Closes a log. The store learns what is left of the own one; of an adopted one, whoever handed it over does.</summary>
    private async Task LetGoAsync(OpenLog log, bool isOwn)
    {
        try
        {
            await log.Index.Log.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (isOwn)
                await context.Store.LetGoAsync(log.Index.Log, isEmpty: log.Index is { IsLost: false, Segments: 0, HasGarbage: false }).ConfigureAwait(false);
        }
    }

    private async Task LetGoLostAsync(OpenLog former)
    {
        try
        {
            await LetGoAsync(former, isOwn: true).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            context.Events.Unexpected("closing a log of the backlog that was lost", e);
        }
    }

    private sealed class OpenLog(SegmentIndex index, ProgressSaver saver)
    {
        public SegmentIndex Index => index;

        public ProgressSaver Saver => saver;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End(Exception? unfinished)
        {
            if (unfinished is null)
                Ended.TrySetResult();
            else
                Ended.TrySetException(unfinished);
            _ = Ended.Task.Exception;
        }
    }
}
