namespace Orleans.Kpl;

/// <summary>
/// Looks at what waits in the durable backlog of a stream, and at what was set aside. Every method throws <see cref="RecordValidationException"/> for
/// what is no name or ARN of a stream, and <see cref="StreamManagerException"/> for what cannot be done; nothing was changed then.
/// </summary>
public interface IBacklogAdmin
{
    /// <summary>What became of the stream's records; in a tier the sum over the live silos.</summary>
    Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>What became of the stream's records, and the process starts whose counts it is the sum of.</summary>
    Task<StreamBooks> GetLedgerReportAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>What waits in the backlog; all zero where there is none.</summary>
    Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Records set aside, oldest first.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="after">Only those with a higher number; 0 for all.</param>
    /// <param name="max">At most so many; 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default);

    /// <summary>Puts records that were set aside into the backlog again, to be tried anew.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="numbers">Which; null for all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many there were.</returns>
    Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default);

    /// <summary>Gives records up that were set aside: they count as failed from then on.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="numbers">Which; null for all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many there were.</returns>
    Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default);
}
