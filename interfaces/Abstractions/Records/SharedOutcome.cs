namespace Orleans.Kpl;

/// <summary>The part of the outcome that the members of one Kinesis record share, so that a result is two words and allocates nothing.</summary>
/// <remarks>Results may refer to it before the outcome is known, as long as no caller can read them yet: see <see cref="Deliver"/>.</remarks>
internal sealed class SharedOutcome
{
    public RecordStatus Status { get; set; }

    public string? ShardId { get; set; }

    public string? SequenceNumber { get; set; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public IReadOnlyList<Attempt> Attempts { get; set; } = [];

    /// <summary>The record itself, if it failed alone.</summary>
    public UserRecord? Record { get; init; }

    /// <summary>The source of the record's bytes, if it failed together with others.</summary>
    public FailedRecords? Records { get; init; }

    /// <summary>
    /// Marks the Kinesis record as delivered. Called once, and before its members are counted out: from then on their callers read
    /// it.
    /// </summary>
    public void Deliver(string shardId, string sequenceNumber, IReadOnlyList<Attempt> attempts) =>
        (Status, ShardId, SequenceNumber, Attempts) = (RecordStatus.Delivered, shardId, sequenceNumber, attempts);
}
