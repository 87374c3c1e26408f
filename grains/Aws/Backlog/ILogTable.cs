namespace Orleans.Kpl.Aws.Backlog;

/// <summary>
/// What a log asks of a table. Each call sees all that were answered before it began, and those that name one number are atomic. All throw
/// <see cref="Pipeline.Backlog.Storing.BacklogStoreException"/>.
/// </summary>
internal interface ILogTable
{
    /// <summary>Makes the caller the owner of a log: its epoch is one higher now.</summary>
    Task<LogHead> TakeAsync(string log, CancellationToken cancellationToken);

    /// <summary>Replaces the head, if its epoch is still that.</summary>
    /// <returns>False where there is a later owner.</returns>
    Task<bool> SaveHeadAsync(string log, LogHead head, CancellationToken cancellationToken);

    /// <summary>A number that is taken, such that none was taken above it when the call began; 0 where none is.</summary>
    Task<long> HighestAsync(string log, CancellationToken cancellationToken);

    /// <summary>
    /// All numbers from one on, in no order, without their data. What is written meanwhile may be left out, also where something later is not.
    /// </summary>
    Task<IReadOnlyList<LogItem>> ListAsync(string log, long from, CancellationToken cancellationToken);

    /// <summary>Writes a number, if there is nothing.</summary>
    /// <param name="log">The log.</param>
    /// <param name="item">What to write.</param>
    /// <param name="expiresAt">When the table may let go of it; null for never.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Null when it was written; otherwise what is there.</returns>
    Task<LogItem?> PutIfAbsentAsync(string log, LogItem item, DateTimeOffset? expiresAt, CancellationToken cancellationToken);

    /// <summary>Writes a number in place of what is there.</summary>
    Task PutAsync(string log, LogItem item, DateTimeOffset? expiresAt, CancellationToken cancellationToken);

    /// <summary>One number with its data; null where there is nothing.</summary>
    Task<LogItem?> GetAsync(string log, long number, CancellationToken cancellationToken);

    /// <summary>Deletes numbers.</summary>
    Task DeleteAsync(string log, IReadOnlyList<long> numbers, CancellationToken cancellationToken);
}

/// <summary>What is kept of a log beside its segments.</summary>
/// <param name="Epoch">Counts its owners.</param>
/// <param name="NextNumber">All numbers below were acknowledged, or are closed.</param>
/// <param name="From">All segments below were removed.</param>
/// <param name="Progress">The owner's state.</param>
internal sealed record LogHead(long Epoch, long NextNumber, long From, ReadOnlyMemory<byte> Progress);
