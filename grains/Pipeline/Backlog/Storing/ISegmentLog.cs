namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>
/// A numbered sequence of immutable segments with one writer, and one small state beside them. A write that was not acknowledged may have been made:
/// the same number is then written again with the same bytes.
/// </summary>
internal interface ISegmentLog : IAsyncDisposable
{
    /// <summary>
    /// How many appends may be under way at once. Number n is only written when all up to n − <see cref="MaxAppends"/> are
    /// acknowledged: that is how a next owner knows where to seal.
    /// </summary>
    int MaxAppends { get; }

    /// <summary>Gets the maximum size of a segment in bytes. A segment with a single record of the largest possible size always fits.</summary>
    int MaxSegmentBytes { get; }

    /// <summary>Gets the size at which a segment is best written, in bytes: larger ones gain nothing, or cost more.</summary>
    int TargetSegmentBytes { get; }

    /// <summary>
    /// Gets the segments that were there when the log was opened, by ascending number. The first number to be written is above all of them.
    /// </summary>
    IReadOnlyList<SegmentEntry> Found { get; }

    /// <summary>Gets the number of segments that were set aside before the log was opened, as far as the store knows.</summary>
    int SetAside => 0;

    /// <summary>The lowest number that may be written; above everything that any owner ever wrote.</summary>
    long NextNumber { get; }

    /// <summary>The state that was saved last; empty where there is none.</summary>
    ReadOnlyMemory<byte> Progress { get; }

    /// <summary>Gets the write units used since the log was opened, where the store counts them.</summary>
    double WriteUnits => 0;

    /// <summary>Writes a segment; it is durable when the task completes.</summary>
    /// <exception cref="BacklogFencedException">Another process owns the log now. Nothing can be written any more.</exception>
    /// <exception cref="BacklogStoreException">The write was not acknowledged; it may have been made. Write the same again.</exception>
    Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken);

    /// <summary>Reads the bytes of a segment; null where it is gone.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken);

    /// <summary>Replaces the state. Need not be durable before the next <see cref="AppendAsync"/> is.</summary>
    /// <exception cref="BacklogFencedException">Another process owns the log now.</exception>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken);

    /// <summary>Removes segments that are no longer needed. A store that expires them by itself may do nothing.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused; the segments are removed later.</exception>
    Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken);

    /// <summary>
    /// Has a store that expires segments by itself keep those that wait, where half of their time is over: some of them, and the next call goes on.
    /// </summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused; the next call renews them.</exception>
    Task RenewAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Lets a store that many share forget the log, in time: everything in it is delivered or set aside, and it may be disposed of already. Whoever opens it
    /// again before keeps it. Where another process owns it now, nothing changes.
    /// </summary>
    /// <exception cref="BacklogStoreException">The store does not answer; what it keeps of the log stays there.</exception>
    Task RetireAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Moves a segment that cannot be read out of the way, where an operator finds it. Trying again after an error is safe.</summary>
    /// <returns>Its new place, for people.</returns>
    Task<string> SetAsideAsync(long number, CancellationToken cancellationToken);
}

/// <summary>One segment of a log.</summary>
/// <param name="Count">The number of its records; 0 where that is not known before it is read.</param>
/// <param name="OldestAt">When its oldest record was accepted, in unix milliseconds; <see cref="long.MaxValue"/> where that is not known.</param>
internal readonly record struct SegmentEntry(long Number, int Bytes, int Count = 0, long OldestAt = long.MaxValue);
