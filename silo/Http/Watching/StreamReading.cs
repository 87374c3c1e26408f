using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Reads what only the stream's manager and Kinesis know: the shards every ten seconds, and every two while they change; counts, changes and failures
/// once a second where there is news. No call holds up a reading for longer than two seconds: what was read before stands until it is answered. Not
/// thread-safe.
/// </summary>
internal sealed class StreamReading(string stream, IStreamAdmin admin, IBacklogAdmin? backlog, TimeProvider time)
{
    /// <summary>How many of the latest operations are told.</summary>
    private const int MostOperations = 5;

    /// <summary>How many pages of failures are read in a second.</summary>
    private const int MostPages = 3;

    private const int PageSize = 1_000;

    /// <summary>How many looks read the list after a failure was counted: the silo's report of it may reach the manager later than the count is read.</summary>
    private const int LooksForFailures = 10;

    private static readonly TimeSpan ListEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ListSoon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private Task? _listing;
    private Task<(StreamBooks, BacklogStatus?)?>? _counting;
    private Task? _paging;
    private long _listedAt;
    private long _failed = -1;
    private int _looksLeft;

    public StreamOverview? Overview { get; private set; }

    public IReadOnlyList<StreamOperation> Operations { get; private set; } = [];

    /// <summary>Why the shards, or the counts, could not be read.</summary>
    public (string Code, string Message)? Trouble { get; private set; }

    public FailureGroups Failures { get; } = new();

    /// <summary>Reads the shards and their changes where that is due, or soon where processes know other shards than Kinesis listed.</summary>
    public async Task ListIfDueAsync(IReadOnlyList<ProcessReport> reports)
    {
        if (_listing is null)
        {
            var changes = Overview is { OperationId: not null } or { Status: not "ACTIVE" } || (Overview is not null
                && reports.SelectMany(static r => r.Shards).Any(s => !Overview.Shards.Any(o => o.ShardId == s.ShardId)));
            if (_listedAt != 0 && time.GetElapsedTime(_listedAt) < (changes ? ListSoon : ListEvery))
                return;
            _listedAt = time.GetTimestamp();
            _listing = ListAsync();
        }

        if (await EndsAsync(_listing))
            await Taken(ref _listing);
    }

    /// <summary>Asks for the ledger and the backlog; null where nobody tells in time. Then what the processes count has to do.</summary>
    public async Task<(StreamBooks Books, BacklogStatus? Backlog)?> CountAsync()
    {
        // Where Kinesis is away from the first look on, the shards are not known, and records wait all the more.
        if (backlog is null || (Overview is null && Trouble is null or { Code: RecordErrorCodes.ResourceNotFound }))
            return null;
        _counting ??= CountAsync(backlog);
        return await EndsAsync(_counting) ? await Taken(ref _counting) : null;
    }

    /// <summary>Reads the failures that are new.</summary>
    /// <param name="failed">How many records have ended without success by now.</param>
    public async Task PageAsync(long failed)
    {
        if (_paging is null)
        {
            if (failed != _failed)
                (_failed, _looksLeft) = (failed, LooksForFailures);
            if (_looksLeft == 0)
                return;
            _paging = ReadPagesAsync();
        }

        if (await EndsAsync(_paging))
            await Taken(ref _paging);
    }

    private async Task ListAsync()
    {
        try
        {
            Overview = await admin.GetOverviewAsync(stream);
            Trouble = null;
            Operations = [.. (await admin.GetHistoryAsync(stream)).Take(MostOperations)];
        }
        catch (Exception e) when (IsKnown(e))
        {
            Trouble = Tell(e);
            if (Trouble.Value.Code == RecordErrorCodes.ResourceNotFound)
                Overview = null;
        }
    }

    private async Task<(StreamBooks, BacklogStatus?)?> CountAsync(IBacklogAdmin counted) =>
        await AskAsync(() => counted.GetLedgerReportAsync(stream)) is { } books
            ? (books, await AskAsync(() => counted.GetBacklogAsync(stream))) // null where a silo does not answer: the ledger says which
            : null;

    private async Task<T?> AskAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (IsKnown(e))
        {
            Trouble ??= Tell(e);
            return null;
        }
    }

    private async Task ReadPagesAsync()
    {
        try
        {
            var hasMore = true;
            for (var i = 0; i < MostPages && hasMore; i++)
                hasMore = Failures.Add(await admin.GetFailuresAsync(stream, Failures.Next, PageSize));
            _looksLeft = Math.Max(_looksLeft - 1, hasMore ? 1 : 0);
        }
        catch (Exception e) when (IsKnown(e))
        {
            // A stream that is not there has no list. One whose manager does not answer may have one: no further failure may come to ask again.
            if (e is not StreamManagerException { Code: not RecordErrorCodes.ResourceNotFound })
                _looksLeft = 0;
        }
    }

    private async Task<bool> EndsAsync(Task task)
    {
        if (!task.IsCompleted)
            await Task.WhenAny(task, Task.Delay(Patience, time));
        return task.IsCompleted;
    }

    /// <summary>Takes a reading that has ended out of its place first: where it throws, the next look begins another one.</summary>
    private static T Taken<T>(ref T? reading)
        where T : Task
    {
        var ended = reading!;
        reading = null;
        return ended;
    }

    private static bool IsKnown(Exception e) => e is StreamManagerException or RecordValidationException or NotSupportedException;

    private static (string, string) Tell(Exception e) => (e is StreamManagerException known ? known.Code : nameof(RecordErrorCodes.InvalidStream), e.Message);
}
