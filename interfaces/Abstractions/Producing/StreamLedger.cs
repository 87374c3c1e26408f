namespace Orleans.Kpl;

/// <summary>
/// Counts the outcomes of one stream's records since this producer started. At every instant accepted = delivered + failed + unknown
/// + in flight + in backlog + dead-lettered.
/// </summary>
public readonly record struct StreamLedger
{
    /// <summary>Creates a whole ledger. Internal, so that a new count breaks no caller.</summary>
    internal StreamLedger(long accepted, long delivered, long failed, long unknown, long inFlight, long inBacklog, long deadLettered) =>
        (Accepted, Delivered, Failed, Unknown, InFlight, InBacklog, DeadLettered) = (accepted, delivered, failed, unknown, inFlight, inBacklog, deadLettered);

    /// <summary>Accepted records. Invalid and dropped records do not count.</summary>
    public long Accepted { get; init; }

    /// <summary>Records that are in Kinesis, where its consumers can see them.</summary>
    public long Delivered { get; init; }

    /// <summary>Records that were not delivered and will not be tried again, dropped dead letters included.</summary>
    public long Failed { get; init; }

    /// <summary>Records that Kinesis may or may not have: see <see cref="RecordStatus.Unknown"/>.</summary>
    public long Unknown { get; init; }

    /// <summary>Records that have not ended.</summary>
    public long InFlight { get; init; }

    /// <summary>Records in the durable backlog.</summary>
    public long InBacklog { get; init; }

    /// <summary>Dead letters: records set aside for an operator.</summary>
    public long DeadLettered { get; init; }

    /// <summary>Adds two ledgers count by count.</summary>
    public static StreamLedger operator +(StreamLedger left, StreamLedger right) => new(
        left.Accepted + right.Accepted, left.Delivered + right.Delivered, left.Failed + right.Failed, left.Unknown + right.Unknown,
        left.InFlight + right.InFlight, left.InBacklog + right.InBacklog, left.DeadLettered + right.DeadLettered);
}
