namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>
/// Stores segments where they outlive the process: files, a DynamoDB table, or memory in tests. It knows numbers and bytes, but not their contents.
/// </summary>
internal interface IBacklogStore : IAsyncDisposable
{
    /// <summary>Lists the streams with stored data that this process owns or may own, in no order; none where others tell it which logs are its own.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Returns whether there may be such a log. Where there is none, opening it would leave one for ever, in a store that many share.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    Task<bool> HasAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>Gets whether each opening begins a log that no other process has. A log that another process took is then followed by a new one.</summary>
    bool BeginsAnew => false;

    /// <summary>Opens one log of a stream, an empty one where there is none. From now on its previous owner can write no more.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused; or the stored data is not a backlog, or of a later
    /// version.</exception>
    Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken);

    /// <summary>Called when a log of records that was opened here is disposed, and this process uses it no more. Throws nothing.</summary>
    /// <param name="isEmpty">Whether everything in it is delivered or set aside: otherwise another process continues with it.</param>
    Task LetGoAsync(ISegmentLog log, bool isEmpty) => Task.CompletedTask;
}

/// <summary>A store that several processes share, in which each log has one writer.</summary>
internal interface IWriterStores
{
    /// <summary>Returns the store as a writer sees it: the logs that it opens are that writer's.</summary>
    IBacklogStore Of(string writer);

    /// <summary>Checks that the store can be used.</summary>
    /// <exception cref="BacklogStoreException">The store cannot be used, or does not answer.</exception>
    Task EnsureAsync(CancellationToken cancellationToken);
}

/// <summary>The content of a stream's log.</summary>
internal enum SegmentLogKind
{
    /// <summary>Records that wait for delivery.</summary>
    Records,

    /// <summary>Records set aside for an operator, each with its reason.</summary>
    DeadLetters,
}

/// <summary>The store of the backlog failed to do what was requested.</summary>
/// <param name="message">What happened, for people.</param>
/// <param name="isFull">Whether there is no space: disk full, quota.</param>
internal class BacklogStoreException(string message, bool isFull = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Gets whether there is no space: trying again helps only when space is freed.</summary>
    public bool IsFull => isFull;
}

/// <summary>Another process owns the log now: the process that catches this stops writing at once.</summary>
internal sealed class BacklogFencedException(string message, Exception? inner = null) : BacklogStoreException(message, inner: inner);
