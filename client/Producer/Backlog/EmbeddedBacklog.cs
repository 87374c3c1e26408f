using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Producer.Backlog;

/// <summary>The <see cref="IBacklogAdmin"/> of an embedded producer; all zero for a stream that is not yet in use.</summary>
/// <param name="producer">The streams.</param>
/// <param name="startedAt">When the producer was created.</param>
internal sealed class EmbeddedBacklog(ProducerPipeline producer, DateTimeOffset startedAt) : IBacklogAdmin
{
    private const int MostLetters = 1_000;

    private static readonly string Process = $"{Environment.MachineName}:{Environment.ProcessId}";

    public Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default) =>
        ReadAsync(stream, producer.GetLedger, cancellationToken);

    public async Task<StreamBooks> GetLedgerReportAsync(string stream, CancellationToken cancellationToken = default)
    {
        var ledger = await GetLedgerAsync(stream, cancellationToken).ConfigureAwait(false);
        return new StreamBooks { Ledger = ledger, Covered = [new LedgerContributor { Process = Process, StartedAt = startedAt, Ledger = ledger }] };
    }

    public Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default) =>
        ReadAsync(stream, name => producer.Find(name)?.Backlog?.Status ?? new BacklogStatus(), cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MostLetters);
        return OnAsync<IReadOnlyList<DeadLetter>>(stream, [], backlog => backlog.ListDeadLettersAsync(after, max, cancellationToken));
    }

    public Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        OnAsync(stream, 0, backlog => backlog.RequeueDeadLettersAsync(numbers, cancellationToken));

    public Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        OnAsync(stream, 0, backlog => backlog.DropDeadLettersAsync(numbers, cancellationToken));

    private static Task<T> ReadAsync<T>(string stream, Func<string, T> read, CancellationToken cancellationToken)
    {
        StreamName.Check(stream);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled<T>(cancellationToken) : Task.FromResult(read(stream));
    }

    /// <param name="stream">The stream.</param>
    /// <param name="nothing">The answer if there is no backlog.</param>
    /// <param name="act">The action to run.</param>
    private async Task<T> OnAsync<T>(string stream, T nothing, Func<StreamBacklog, Task<T>> act)
    {
        StreamName.Check(stream);
        if (producer.Find(stream)?.Backlog is not { } backlog)
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
