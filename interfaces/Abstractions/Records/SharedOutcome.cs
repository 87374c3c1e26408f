namespace Orleans.Kpl;

/// <summary>What the members of one Kinesis record share of their end, so that a result is two words and allocates nothing.</summary>
/// <remarks>Results may refer to it before the end is known, where nobody can look at them yet: see <see cref="Deliver"/>.</remarks>
internal sealed class SharedOutcome
{
    public RecordStatus Status { get; set; }

    public string? ShardId { get; set; }

    public string? SequenceNumber { get; set; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public IReadOnlyList<Attempt> Attempts { get; set; } = [];

    /// <summary>The record itself, where it failed alone.</summary>
    public UserRecord? Record { get; init; }

    /// <summary>Where the record can be read that failed together with others.</summary>
    public FailedRecords? Records { get; init; }

    /// <summary>The Kinesis record was delivered. Once, and before its members are counted out: from then on their callers look at it.</summary>
    public void Deliver(string shardId, string sequenceNumber, IReadOnlyList<Attempt> attempts) =>
        (Status, ShardId, SequenceNumber, Attempts) = (RecordStatus.Delivered, shardId, sequenceNumber, attempts);
}
