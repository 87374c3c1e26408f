namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>
/// Keeps segments where they outlive the process: files, a DynamoDB table, or memory in tests. Knows numbers and bytes, and nothing
/// of what is in them.
/// </summary>
internal interface IBacklogStore : IAsyncDisposable
{
    /// <summary>The streams of which something is kept that this process owns or may own, in no order.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken);

    /// <summary>Whether each opening begins a log that nobody else has: then one that another process took is followed by a new one.</summary>
    bool BeginsAnew => false;

    /// <summary>Opens one log of a stream, an empty one where there is none. From now on whoever owned it before can write no more.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused; or what is there is not a backlog, or of a later version.</exception>
    Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken);
}

/// <summary>What a log of a stream holds.</summary>
internal enum SegmentLogKind
{
    /// <summary>Records that wait for their delivery.</summary>
    Records,

    /// <summary>Records set aside for an operator, each with its reason.</summary>
    DeadLetters,
}
