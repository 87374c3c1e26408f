namespace Orleans.Kpl;

/// <summary>What the members of one Kinesis record share of their end, so that a result is two words and allocates nothing.</summary>
internal sealed class RecordEnd
{
    public RecordStatus Status { get; init; }

    public string? ShardId { get; init; }

    public string? SequenceNumber { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public IReadOnlyList<Attempt> Attempts { get; init; } = [];

    /// <summary>The record itself, where it failed alone.</summary>
    public UserRecord? Record { get; init; }

    /// <summary>Where the record can be read that failed together with others.</summary>
    public FailedRecords? Records { get; init; }
}
