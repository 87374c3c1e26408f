using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>
/// Takes a log over without a transaction. An owner writes number n only when all numbers up to n − <see cref="Window"/> are acknowledged.
/// The new owner therefore closes a run of <see cref="Window"/> free numbers, each by a conditional write: the former owner gets no
/// acknowledgement there and cannot pass the run. Then the free numbers below the run are closed too, and no write of the former owner can
/// appear any more.
/// </summary>
internal static class LogTakeover
{
    /// <summary>The most appends that an owner has under way. All versions must agree on it.</summary>
    public const int Window = 4;

    /// <summary>
    /// How long the table keeps the marks of closed numbers: no write of a former owner can be under way for so long. Owners begin above
    /// them, for the head tells where they end.
    /// </summary>
    public static readonly TimeSpan SealsLast = TimeSpan.FromDays(30);

    private const int AtOnce = 16;

    /// <summary>Becomes the owner of a log.</summary>
    /// <param name="log">The log's key in it.</param>
    /// <param name="time">The clock that decides when the marks of closed numbers expire.</param>
    /// <returns>The head that is now in force, and all segments of the log, by ascending number, without their data.</returns>
    /// <exception cref="BacklogFencedException">Another process took the log over meanwhile.</exception>
    public static async Task<(LogHead Head, IReadOnlyList<LogItem> Found)> TakeAsync(
        ILogTable table, string log, TimeProvider time, CancellationToken cancellationToken)
    {
        var head = await table.TakeAsync(log, cancellationToken).ConfigureAwait(false);
        head = head with { NextNumber = await SealAsync(table, log, head, time.GetUtcNow() + SealsLast, cancellationToken).ConfigureAwait(false) };
        // The log is listed only now that no other owner can write: a list does not show one instant.
        var items = await table.ListAsync(log, head.From, cancellationToken).ConfigureAwait(false);
        if (items.FirstOrDefault(i => i.SealEpoch > head.Epoch) is { } later)
            throw Fenced(log, later.SealEpoch);
        if (!await table.SaveHeadAsync(log, head, cancellationToken).ConfigureAwait(false))
            throw Fenced(log, head.Epoch + 1);
        return (head, [.. items.Where(static i => i.IsSegment).OrderBy(static i => i.Number)]);
    }

    public static BacklogFencedException Fenced(string log, long epoch) => new($"log {log} has a later owner, of epoch {epoch} or above");

    /// <summary>Closes a run above all that was written, so that a former owner that goes on writing meets it, then closes the free numbers below.</summary>
    /// <returns>The first number above the run and above all others that are used: nobody writes those in between.</returns>
    private static async Task<long> SealAsync(ILogTable table, string log, LogHead head, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var height = await table.HighestAsync(log, head.NextNumber, cancellationToken).ConfigureAwait(false);
        // A run that an earlier takeover has closed, and not completed, is closed. Were each try to begin above the former one's seals, it would have more
        // to close each time, and over a table that fails now and then none would succeed.
        var run = Math.Max(head.NextNumber, height.Written + 1);
        for (var ahead = 4 * Window; !await SealAllAsync(run, run + Window).ConfigureAwait(false); ahead *= 2)
            run += ahead;

        // All numbers below that were acknowledged or closed; a free number there expired or was removed. Only what an owner wrote says so: the seals of a
        // takeover that was not completed may have open numbers below them.
        var first = Math.Max(head.NextNumber, height.Written - Window + 1);
        for (var from = first; from < run; from += AtOnce)
            await SealAllAsync(from, Math.Min(run, from + AtOnce)).ConfigureAwait(false);
        return Math.Max(run + Window, height.Used + 1);

        async Task<bool> SealAllAsync(long from, long to)
        {
            var sealing = new List<Task<bool>>();
            for (var number = from; number < to; number++)
                sealing.Add(SealOneAsync(table, log, number, head.Epoch, expiresAt, cancellationToken));
            return (await Task.WhenAll(sealing).ConfigureAwait(false)).All(static s => s);
        }
    }

    /// <returns>Whether the number is closed: it was free, or has a seal of this owner or of one before it.</returns>
    private static async Task<bool> SealOneAsync(
        ILogTable table, string log, long number, long epoch, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var there = await table.PutIfAbsentAsync(log, LogItem.Seal(number, epoch, expiresAt), cancellationToken).ConfigureAwait(false);
        return there?.SealEpoch > epoch ? throw Fenced(log, there.SealEpoch) : there is not { IsWritten: true };
    }
}
