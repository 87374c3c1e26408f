namespace Orleans.Kpl;

/// <summary>
/// What became of the records of one stream since this producer started: at every instant
/// accepted = delivered + failed + unknown + in flight + in backlog + dead-lettered.
/// </summary>
/// <param name="Accepted">Records that were taken in. Invalid and dropped ones never were.</param>
/// <param name="Delivered">Records that Kinesis has where its consumers can see them.</param>
/// <param name="Failed">Records that ended with an error code.</param>
/// <param name="Unknown">Records whose owner was lost; always 0 for an embedded producer.</param>
/// <param name="InFlight">Records that have not ended.</param>
/// <param name="InBacklog">Records in the durable backlog.</param>
/// <param name="DeadLettered">Records set aside for an operator.</param>
public readonly record struct StreamLedger(
    long Accepted, long Delivered, long Failed, long Unknown, long InFlight, long InBacklog, long DeadLettered)
{
    /// <summary>The books of two together.</summary>
    public static StreamLedger operator +(StreamLedger left, StreamLedger right) => new(
        left.Accepted + right.Accepted, left.Delivered + right.Delivered, left.Failed + right.Failed, left.Unknown + right.Unknown,
        left.InFlight + right.InFlight, left.InBacklog + right.InBacklog, left.DeadLettered + right.DeadLettered);
}
