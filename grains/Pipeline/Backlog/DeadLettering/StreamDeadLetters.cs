using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.DeadLettering;

/// <summary>Keeps the dead letters of one stream: in a log of this process, which is opened on first use, or with another process.</summary>
internal sealed class StreamDeadLetters(BacklogContext context) : IAsyncDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _opening = new(1);
    private volatile DeadLetterLog? _log;

    /// <summary>Gets the number of dead letters in the log of this process that wait for an operator; 0 while the log is not open.</summary>
    public long Count => _log?.Count ?? 0;

    /// <summary>Gets the number of segments of dead letters in the log of this process that could not be read; 0 while the log is not open.</summary>
    public long Damaged => _log?.Damaged ?? 0;

    /// <summary>Lists dead letters, oldest first.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(long after, int max, CancellationToken cancellationToken) =>
        await (await OpenOwnAsync().ConfigureAwait(false)).ListAsync(after, max, long.MaxValue, cancellationToken).ConfigureAwait(false);

    /// <summary>Drops dead letters for good: they count as failed.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<int> DropAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken)
    {
        var log = await OpenOwnAsync().ConfigureAwait(false);
        return await log.DropAsync(numbers, dropped => Ended(dropped, RecordStatus.Failed), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hands dead letters over to be retried: they are no longer dead letters.</summary>
    /// <param name="numbers">The numbers of the dead letters; null for all.</param>
    /// <param name="put">Puts some of them into the backlog; they are durable there when it completes.</param>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<int> RequeueAsync(IReadOnlyCollection<long>? numbers, Func<IReadOnlyList<DeadLetter>, Task> put, CancellationToken cancellationToken)
    {
        var log = await OpenOwnAsync().ConfigureAwait(false);
        return await log.RequeueAsync(
            numbers,
            async letters =>
            {
                try
                {
                    await put(letters).ConfigureAwait(false);
                }
                catch (NotAllRequeuedException e)
                {
                    context.Ledger.Requeued(e.Written.Count(static w => w));
                    throw;
                }

                context.Ledger.Requeued(letters.Count);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the store of the stream's dead letters. The contents of a log of this process are added to the ledger.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<IDeadLetters> OpenAsync()
    {
        if (context.Backlog.DeadLetters is { } elsewhere)
            return elsewhere(context.Stream);
        using var turn = await _opening.EnterAsync(context.Stopping).ConfigureAwait(false);
        if (_log is { } open)
            return open;
        var log = await DeadLetterLog.OpenAsync(
            context.Stream, context.Store, context.Events, context.Clock.Time, context.Stopping,
            () => context.Services.Instruments.SegmentDamaged(context.Stream)).ConfigureAwait(false);
        context.FoundDeadLetters((int)log.Count);
        log.Lost = lost => Ended(lost, RecordStatus.Unknown);
        return _log = log;
    }

    /// <summary>Opens the log of this process as soon as the store allows, so that dead letters of an earlier process enter the ledger at the start.</summary>
    public async Task FindAsync()
    {
        while (_log is null && context.Backlog.DeadLetters is null && !context.Stopping.IsCancellationRequested)
        {
            try
            {
                await OpenAsync().ConfigureAwait(false);
                context.Troubles.Worked(StoreTask.KeepingDeadLetters);
            }
            catch (BacklogStoreException e)
            {
                context.Troubles.Failed(StoreTask.KeepingDeadLetters, e.Message);
                await Task.Delay(TryAgainAfter, context.Clock.Time, context.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is not OperationCanceledException || !context.Stopping.IsCancellationRequested)
            {
                // Nobody awaits this method. The log is opened again when it is needed.
                context.Events.Unexpected("opening the dead letters", e);
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_log is { } log)
            await log.DisposeAsync().ConfigureAwait(false);
    }

    private void Ended(int letters, RecordStatus status)
    {
        context.Ledger.FromDeadLettersTo(status, letters);
        if (letters > 0)
            context.Services.Instruments.Failed(context.Stream, shardId: null, status, code: null, letters);
    }

    private async Task<DeadLetterLog> OpenOwnAsync() =>
        await OpenAsync().ConfigureAwait(false) as DeadLetterLog ?? throw new InvalidOperationException("the dead letters are kept elsewhere");
}

/// <summary>The backlog did not take all dead letters that were put again.</summary>
/// <param name="written">For each of them whether it did.</param>
internal sealed class NotAllRequeuedException(string message, bool isFull, IReadOnlyList<bool> written) : BacklogStoreException(message, isFull)
{
    /// <summary>Gets for each whether it was taken, in the order in which they were put.</summary>
    public IReadOnlyList<bool> Written => written;
}
