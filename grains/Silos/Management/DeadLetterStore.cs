using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// The dead letters of one stream, kept durably by its manager. Their log is opened with the first call, which shuts a former manager out; to read, only
/// where there is one. For one activation: not thread-safe.
/// </summary>
/// <param name="store">The store that keeps them; null if there is no backlog.</param>
/// <param name="failures">The list of failures, which also shows them.</param>
/// <param name="events">Notified of damaged records.</param>
/// <param name="foundDamaged">Called for each segment that cannot be read; null for nobody.</param>
internal sealed class DeadLetterStore(
    string stream, IBacklogStore? store, FailureList failures, IPipelineEvents events, TimeProvider time, Action? foundDamaged = null) : IAsyncDisposable
{
    /// <summary>How many reports are remembered, so that none is kept twice: a silo sends the next report when the former is answered.</summary>
    private const int MaxReports = 1_024;

    /// <summary>
    /// The time limit for keeping a report. Silos wait for longer: a report that is kept after they have given it up is kept once more as another one.
    /// </summary>
    private static readonly TimeSpan KeepLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long it is believed that there is no log: whoever counts a stream's records asks each time.</summary>
    private static readonly TimeSpan NoneFor = TimeSpan.FromMinutes(1);

    private const long MaxPageBytes = 1 << 20;

    private readonly Dictionary<Guid, Task> _reports = [];
    private readonly Queue<Guid> _order = new();
    private Task<DeadLetterLog>? _opening;

    /// <summary>When it was last found that there is no log, in timestamps of the clock; null for never.</summary>
    private long? _noneAt;
    private long _lost;

    /// <summary>The number of records that an operator dropped since this manager began.</summary>
    public long Dropped { get; private set; }

    /// <summary>The number of records of segments that turned out to be damaged since this manager began.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Returns the number of dead letters.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or rejected the call; this holds for all methods below.</exception>
    public async Task<long> CountAsync() => await FindAsync() is { } log ? log.Count : 0;

    /// <summary>Returns the number of segments of dead letters that could not be read and were set aside.</summary>
    public async Task<long> DamagedAsync() => await FindAsync() is { } log ? log.Damaged : 0;

    /// <summary>Keeps the records of a silo's report, once, however often it arrives.</summary>
    public Task AddAsync(DeadLetterBatch report)
    {
        if (_reports.TryGetValue(report.Id, out var former) && !(former.IsFaulted || former.IsCanceled))
            return former;
        if (former is null)
            _order.Enqueue(report.Id);
        if (_order.Count > MaxReports)
            _reports.Remove(_order.Dequeue());
        return _reports[report.Id] = KeepAsync(report);
    }

    /// <summary>Lists the next dead letters; fewer than requested if they are large.</summary>
    public async Task<DeadLetter[]> ListAsync(long after, int max)
    {
        if (await FindAsync() is not { } log)
            return [];
        var page = new List<DeadLetter>();
        var bytes = 0L;
        foreach (var letter in await log.ListAsync(after, max, MaxPageBytes, CancellationToken.None))
        {
            bytes += letter.Record.Data.Length + letter.Record.PartitionKey.Length * 2L;
            if (page.Count > 0 && bytes > MaxPageBytes)
                break;
            page.Add(letter);
        }

        return [.. page];
    }

    /// <summary>Puts records into the backlog again; they leave the list when they are durable there.</summary>
    public async Task<int> RequeueAsync(long[]? numbers, Func<IReadOnlyList<DeadLetter>, Task> put) =>
        await FindAsync() is { } log ? await log.RequeueAsync(numbers, put, CancellationToken.None) : 0;

    /// <summary>Drops records.</summary>
    public async Task<int> DropAsync(long[]? numbers) =>
        await FindAsync() is { } log ? await log.DropAsync(numbers, dropped => Dropped += dropped, CancellationToken.None) : 0;

    /// <summary>Adds the newest dead letters from before this manager began to the list of failures, if the store answers.</summary>
    public Task ReadyAsync() => FindAsync();

    public async ValueTask DisposeAsync()
    {
        if (_opening is { IsCompletedSuccessfully: true } opened)
            await (await opened).DisposeAsync();
    }

    /// <summary>Opens the log where there is one: anybody may ask for any name, and a log that was opened stays.</summary>
    private async Task<DeadLetterLog?> FindAsync() => store is null || (_opening is null && !await HasAsync(store)) ? null : await OpenAsync();

    private async Task<bool> HasAsync(IBacklogStore from)
    {
        if (_noneAt is { } at && time.GetElapsedTime(at) < NoneFor)
            return false;
        try
        {
            if (await from.HasAsync(stream, SegmentLogKind.DeadLetters, CancellationToken.None))
            {
                _noneAt = null;
                return true;
            }
        }
        catch (BacklogStoreException) when (_noneAt is not null)
        {
            // There was none, and this manager has kept nothing since. The counts of the silos do not wait for the store.
        }

        _noneAt = time.GetTimestamp();
        return false;
    }

    private async Task<DeadLetterLog?> OpenAsync()
    {
        if (store is null)
            return null;
        var opening = _opening ??= OpenAsync(store);
        try
        {
            return await opening;
        }
        catch
        {
            if (_opening == opening)
                _opening = null;
            throw;
        }
    }

    private async Task<DeadLetterLog> OpenAsync(IBacklogStore from)
    {
        var log = await DeadLetterLog.OpenAsync(stream, from, events, time, CancellationToken.None, foundDamaged);
        log.Lost = lost => Interlocked.Add(ref _lost, lost);
        var newest = await log.ListNewestAsync(FailureList.MostFailures, FailureList.MostBytes, CancellationToken.None);
        // The store does not keep which silo reported the record.
        if (newest.Count > 0)
            Tell(newest, "", log.Count - newest.Count);
        return log;
    }

    private async Task KeepAsync(DeadLetterBatch report)
    {
        using var limit = new CancellationTokenSource(KeepLimit, time);
        try
        {
            var log = await OpenAsync().Observed().WaitAsync(limit.Token)
                ?? throw new BacklogStoreException("this silo has no backlog: silos must have the same settings");
            await log.AddAsync(report.Letters, limit.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new BacklogStoreException($"what was set aside could not be kept within {KeepLimit.TotalSeconds:0} s", inner: e);
        }

        Tell(report.Letters, report.Silo);
    }

    private void Tell(IReadOnlyList<DeadLetter> letters, string silo, long leftOut = 0) => failures.Add(new FailureBatch(
        [.. letters.Select(l => new FailureEntry(
            l.SetAsideAt, silo, RecordResult.NotDelivered(RecordStatus.Failed, l.ErrorCode, l.ErrorMessage, l.Record).WithNumber(l.ProducerNumber)))],
        leftOut));
}
