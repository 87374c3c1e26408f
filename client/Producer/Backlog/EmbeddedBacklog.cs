using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Producer.Backlog;

/// <summary>
/// The <see cref="IBacklogAdmin"/> of an embedded producer; all zero for a stream that is not yet in use. What an earlier process left is counted from
/// the first answer on.
/// </summary>
internal sealed class EmbeddedBacklog(ProducerPipeline producer, TimeProvider time) : IBacklogAdmin
{
    /// <summary>How long an answer waits for the store at the start; a store that does not answer by then is told as it is.</summary>
    private static readonly TimeSpan OpeningLimit = TimeSpan.FromSeconds(2);

    private static readonly string Process = $"{Environment.MachineName}:{Environment.ProcessId}";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default) =>
        ReadAsync(stream, producer.GetLedger, cancellationToken);

    public async Task<StreamBooks> GetLedgerReportAsync(string stream, CancellationToken cancellationToken = default)
    {
        var ledger = await GetLedgerAsync(stream, cancellationToken).ConfigureAwait(false);
        return new StreamBooks { Ledger = ledger, Covered = [new LedgerContributor { Process = Process, StartedAt = _startedAt, Ledger = ledger }] };
    }

    public Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default) =>
        ReadAsync(stream, name => producer.Find(name)?.Backlog?.Status ?? new BacklogStatus(), cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
    {
        DeadLetterRange.Check(after, max);
        return OnAsync<IReadOnlyList<DeadLetter>>(stream, [], backlog => backlog.DeadLetters.ListAsync(after, max, cancellationToken), cancellationToken);
    }

    public Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        OnAsync(stream, 0, backlog => backlog.RequeueDeadLettersAsync(numbers, cancellationToken), cancellationToken);

    public Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        OnAsync(stream, 0, backlog => backlog.DeadLetters.DropAsync(numbers, cancellationToken), cancellationToken);

    private async Task<T> ReadAsync<T>(string stream, Func<string, T> read, CancellationToken cancellationToken)
    {
        var name = await producer.Names.ManagedAsync(stream, cancellationToken).ConfigureAwait(false);
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return read(name);
    }

    /// <summary>Waits until what an earlier process left is known.</summary>
    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await producer.Recovered.WaitAsync(OpeningLimit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <param name="nothing">The answer if there is no backlog.</param>
    private async Task<T> OnAsync<T>(string stream, T nothing, Func<StreamBacklog, Task<T>> act, CancellationToken cancellationToken)
    {
        var name = await producer.Names.ManagedAsync(stream, cancellationToken).ConfigureAwait(false);
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (producer.Uses.TryUse(name) is not { } found)
            return nothing;
        using var use = found;
        if (use.Stream.Backlog is not { } backlog)
            return nothing;
        try
        {
            return await act(backlog).ConfigureAwait(false);
        }
        catch (BacklogStoreException error)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, error.Message);
        }
    }
}
