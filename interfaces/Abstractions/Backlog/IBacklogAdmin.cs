namespace Orleans.Kpl;

/// <summary>Inspects the durable backlog of a stream, and manages its dead letters.</summary>
/// <remarks>
/// Every method throws <see cref="RecordValidationException"/> if the stream is not a valid name or ARN, and
/// <see cref="StreamManagerException"/> if the request cannot be carried out; then nothing was changed.
/// </remarks>
public interface IBacklogAdmin
{
    /// <summary>Returns the stream's ledger; in a tier the sum over the live silos.</summary>
    /// <exception cref="StreamManagerException">A silo of the tier does not answer.</exception>
    Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Returns the stream's ledger together with the process starts that it sums up.</summary>
    Task<StreamBooks> GetLedgerReportAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Returns the state of the backlog; all zero when the stream has none.</summary>
    /// <exception cref="StreamManagerException">A silo of the tier does not answer.</exception>
    Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Returns dead letters, oldest first.</summary>
    /// <param name="after">Returns only dead letters with a higher number; 0 for all.</param>
    /// <param name="max">The maximum number to return; 1 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default);

    /// <summary>Puts dead letters back into the backlog, to be tried again.</summary>
    /// <param name="numbers">The numbers of the dead letters; null for all.</param>
    /// <returns>How many dead letters were put back.</returns>
    /// <exception cref="StreamManagerException">
    /// The backlog does not take all of them, or not in 20 s: the message says how many it took, and the others stay dead letters. Or the store of the backlog
    /// does not answer.
    /// </exception>
    Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default);

    /// <summary>Discards dead letters. Their records count as failed from then on.</summary>
    /// <param name="numbers">The numbers of the dead letters; null for all.</param>
    /// <returns>How many dead letters were discarded.</returns>
    Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default);
}

/// <summary>What may be asked of dead letters at a time.</summary>
internal static class DeadLetterRange
{
    private const int Most = 1_000;

    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static void Check(long after, int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, Most);
    }
}
