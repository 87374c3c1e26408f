namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>
/// A table that stores logs. Each call sees the effect of every call that was answered before it began; calls that name one number are
/// atomic. All calls throw <see cref="Pipeline.Backlog.Storing.BacklogStoreException"/> when they fail.
/// </summary>
internal interface ILogTable
{
    /// <summary>Gets the write units that the calls have used.</summary>
    double WriteUnits { get; }

    /// <summary>Makes the caller the owner of a log and raises the log's epoch by one.</summary>
    Task<LogHead> TakeAsync(string log, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the head if the stored epoch still equals the epoch of the given head, and its owner has saved no later one: a call that is made again may be
    /// carried out once more, long after.
    /// </summary>
    /// <returns>False when there is a later owner.</returns>
    Task<bool> SaveHeadAsync(string log, LogHead head, CancellationToken cancellationToken);

    /// <summary>Lets the head expire, until the log is taken again, if the stored epoch still equals the given one.</summary>
    /// <returns>False when there is a later owner, or no head any more.</returns>
    Task<bool> ExpireHeadAsync(string log, long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Looks for the highest numbers that are used, from the given one on.</summary>
    Task<LogHeight> HighestAsync(string log, long from, CancellationToken cancellationToken);

    /// <summary>
    /// Lists all used numbers from the given one on, in no order, without their data. A number written during the call may be missing, even
    /// when a number written after it is listed.
    /// </summary>
    Task<IReadOnlyList<LogItem>> ListAsync(string log, long from, CancellationToken cancellationToken);

    /// <summary>Writes an item if its number is free.</summary>
    /// <returns>Null when the item was written; otherwise the item that has the number.</returns>
    Task<LogItem?> PutIfAbsentAsync(string log, LogItem item, CancellationToken cancellationToken);

    /// <summary>Writes an item, replacing the item that has its number.</summary>
    Task PutAsync(string log, LogItem item, CancellationToken cancellationToken);

    /// <summary>Sets when the table may delete a segment, if the number holds one.</summary>
    Task ExpireAsync(string log, long number, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Reads one number with its data; null when the number is free.</summary>
    Task<LogItem?> GetAsync(string log, long number, CancellationToken cancellationToken);

    /// <summary>Deletes numbers.</summary>
    Task DeleteAsync(string log, IReadOnlyList<long> numbers, CancellationToken cancellationToken);
}

/// <summary>How far a log goes.</summary>
/// <param name="Used">A used number such that no number above it was used when the call began; 0 where none is used.</param>
/// <param name="Written">A number that an owner wrote, such that no number above it was written when the call began; 0 where none was.</param>
internal readonly record struct LogHeight(long Used, long Written)
{
    public static LogHeight Of(IEnumerable<LogHeight> parts) =>
        parts.Aggregate(static (a, b) => new LogHeight(Math.Max(a.Used, b.Used), Math.Max(a.Written, b.Written)));
}

/// <summary>The state of a log besides its segments.</summary>
/// <param name="Epoch">The number of owners that the log has had.</param>
/// <param name="NextNumber">All numbers below this one were acknowledged or are closed.</param>
/// <param name="From">All segments below this number were removed.</param>
/// <param name="Progress">The owner's state.</param>
/// <param name="Saves">How often its owner has saved it.</param>
internal sealed record LogHead(long Epoch, long NextNumber, long From, ReadOnlyMemory<byte> Progress, long Saves = 0);

/// <summary>One number of a log: a segment, or a mark that prevents writing to the number.</summary>
/// <param name="Number">The item's number.</param>
/// <param name="Data">The segment's data if it was requested and is in one piece; null otherwise.</param>
/// <param name="Bytes">Bytes of the segment; 0 for a mark.</param>
/// <param name="Parts">The number of pieces that hold the segment in another log; 0 for a segment in one piece.</param>
/// <param name="SealEpoch">The epoch of the owner that wrote the seal; 0 for a segment, −1 for a segment that was set aside.</param>
/// <param name="Count">The number of records in the segment; 0 where it is no segment.</param>
/// <param name="ExpiresAt">When the table may delete the item; null for never.</param>
internal sealed record LogItem(
    long Number, ReadOnlyMemory<byte>? Data, int Bytes, int Parts, long SealEpoch, int Count = 0, DateTimeOffset? ExpiresAt = null)
{
    private const long IsAside = -1;

    /// <summary>Whether the number holds a segment.</summary>
    public bool IsSegment => SealEpoch == 0;

    /// <summary>Whether an owner wrote a segment there, though it may be set aside by now.</summary>
    public bool IsWritten => SealEpoch <= 0;

    public static LogItem Segment(long number, ReadOnlyMemory<byte> data) => new(number, data, data.Length, 0, 0);

    public static LogItem InParts(long number, int bytes, int parts) => new(number, null, bytes, parts, 0);

    public static LogItem Seal(long number, long epoch, DateTimeOffset expiresAt) => new(number, null, 0, 0, epoch, ExpiresAt: expiresAt);

    public static LogItem Aside(long number) => new(number, null, 0, 0, IsAside);
}
