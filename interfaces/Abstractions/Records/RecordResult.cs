namespace Orleans.Kpl;

/// <summary>The one end of a user record, as data: results never throw, except from <see cref="EnsureSuccess"/>.</summary>
public readonly struct RecordResult
{
    private readonly SharedOutcome? _end;
    private readonly int _place;

    internal RecordResult(SharedOutcome end, int place = 0)
    {
        _end = end;
        _place = place;
    }

    /// <summary>How the record ended.</summary>
    public RecordStatus Status => _end?.Status ?? RecordStatus.None;

    /// <summary>True when the record reached the acknowledgement level that was asked for, or, on a stream that spills, the backlog.</summary>
    public bool IsSuccess => Status is RecordStatus.Delivered or RecordStatus.Persisted or RecordStatus.Accepted;

    /// <summary>The shard that took the record; null unless delivered.</summary>
    public string? ShardId => _end?.ShardId;

    /// <summary>Kinesis' sequence number; null unless delivered. All members of one aggregate share it: see <see cref="SubSequenceNumber"/>.</summary>
    public string? SequenceNumber => _end?.SequenceNumber;

    /// <summary>The place in the aggregate, from 0, as in KCL's ExtendedSequenceNumber; 0 for a record that travelled alone.</summary>
    public int SubSequenceNumber => Status == RecordStatus.Delivered ? _place : 0;

    /// <summary>Every try, in order.</summary>
    public IReadOnlyList<Attempt> Attempts => _end?.Attempts ?? [];

    /// <summary>Kinesis' code or one of <see cref="RecordErrorCodes"/>; null on success.</summary>
    public string? ErrorCode => _end?.ErrorCode;

    /// <summary>What went wrong, for people; null on success.</summary>
    public string? ErrorMessage => _end?.ErrorMessage;

    /// <summary>
    /// The record itself when it failed, so that it can be put again or elsewhere; null on success. Members of one Kinesis record that
    /// failed together share its bytes: then each call makes a copy, so ask once.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The result is a copy of one of an <see cref="EnqueuedBatch"/> that was disposed.</exception>
    public UserRecord? Record => _end?.Records is { } records
        ? records.Read(_place) ?? throw new ObjectDisposedException(nameof(EnqueuedBatch), "the record of a failed result cannot be read after its batch was disposed")
        : _end?.Record;

    /// <summary>What it shares with the other members of its Kinesis record; null when the record has not ended.</summary>
    internal SharedOutcome? End => _end;

    /// <summary>Returns this result, or throws when the record failed or its fate is unknown.</summary>
    /// <exception cref="RecordFailedException">The record was not delivered, or nobody knows.</exception>
    public RecordResult EnsureSuccess() => IsSuccess ? this : throw new RecordFailedException(this);

    /// <summary>It will not be read any more, where it shares the bytes of records that failed together.</summary>
    internal void LetGo() => _end?.Records?.LetGo();

    /// <summary>This result with a copy of the record, for who may read it after the batch was disposed; without the record if that is so already.</summary>
    internal RecordResult WithOwnRecord() => _end?.Records is { } records ? WithRecord(records.Read(_place)) : this;

    /// <summary>This result without the record, for who has it.</summary>
    internal RecordResult WithoutRecord() => WithRecord(null);

    /// <summary>A delivered record.</summary>
    public static RecordResult Delivered(string shardId, string sequenceNumber, int subSequenceNumber, IReadOnlyList<Attempt> attempts) =>
        new(new SharedOutcome { Status = RecordStatus.Delivered, ShardId = shardId, SequenceNumber = sequenceNumber, Attempts = attempts }, subSequenceNumber);

    /// <summary>A record that was accepted, or persisted, where no more was asked for.</summary>
    public static RecordResult Acknowledged(RecordStatus status) => new(new SharedOutcome { Status = status });

    /// <summary>A record that failed, or whose fate is unknown.</summary>
    public static RecordResult NotDelivered(RecordStatus status, string errorCode, string? errorMessage, UserRecord? record,
        IReadOnlyList<Attempt>? attempts = null) =>
        new(new SharedOutcome { Status = status, ErrorCode = errorCode, ErrorMessage = errorMessage, Record = record, Attempts = attempts ?? [] });

    /// <summary>This result after tries that were made before those it tells of.</summary>
    internal RecordResult WithEarlier(IReadOnlyList<Attempt> attempts) => With([.. attempts, .. Attempts], Record);

    /// <summary>This result with the record itself, which does not travel; unchanged on success.</summary>
    internal RecordResult WithRecord(UserRecord? record) => _end is null || IsSuccess ? this : With(Attempts, record);

    /// <inheritdoc />
    public override string ToString() => IsSuccess
        ? $"{Status} {ShardId} {SequenceNumber}/{SubSequenceNumber}"
        : $"{Status} {ErrorCode}: {ErrorMessage} after {Attempts.Count} attempts";

    private RecordResult With(IReadOnlyList<Attempt> attempts, UserRecord? record) => new(
        new SharedOutcome
        {
            Status = Status,
            ShardId = ShardId,
            SequenceNumber = SequenceNumber,
            ErrorCode = ErrorCode,
            ErrorMessage = ErrorMessage,
            Attempts = attempts,
            Record = record,
        },
        SubSequenceNumber);
}
