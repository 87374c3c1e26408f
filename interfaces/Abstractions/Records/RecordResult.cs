using System.Text.Json.Serialization;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl;

/// <summary>The outcome of a user record, as data: results never throw, except from <see cref="EnsureSuccess"/>.</summary>
public readonly struct RecordResult
{
    private readonly SharedOutcome? _outcome;
    private readonly int _index;

    internal RecordResult(SharedOutcome outcome, int index = 0)
    {
        _outcome = outcome;
        _index = index;
    }

    /// <summary>How the record ended.</summary>
    public RecordStatus Status => _outcome?.Status ?? RecordStatus.None;

    /// <summary>True when the record reached the requested acknowledgement level or, on a stream that spills, the backlog.</summary>
    public bool IsSuccess => Status is RecordStatus.Delivered or RecordStatus.Persisted or RecordStatus.Accepted;

    /// <summary>The shard that stored the record; null unless delivered.</summary>
    public string? ShardId => _outcome?.ShardId;

    /// <summary>Kinesis' sequence number; null unless delivered. All members of one aggregate share it: see <see cref="SubSequenceNumber"/>.</summary>
    public string? SequenceNumber => _outcome?.SequenceNumber;

    /// <summary>The record's position in the aggregate, from 0, as in KCL's ExtendedSequenceNumber; 0 for a record that was sent alone.</summary>
    public int SubSequenceNumber => Status == RecordStatus.Delivered ? _index : 0;

    /// <summary>
    /// The attempts, in order. If there were very many, only the first and the latest: an entry with code <see cref="RecordErrorCodes.LeftOut"/> stands for
    /// those between them.
    /// </summary>
    public IReadOnlyList<Attempt> Attempts => _outcome?.Attempts ?? [];

    /// <summary>
    /// The number of attempts, including those that <see cref="Attempts"/> leaves out. As in KPL an expiry counts as one, so a record that expired before it
    /// was sent has 1.
    /// </summary>
    public int AttemptCount
    {
        get
        {
            var (attempts, count) = (Attempts, 0);
            for (var i = 0; i < attempts.Count; i++)
                count += attempts[i].Count;
            return count;
        }
    }

    /// <summary>Kinesis' code or one of <see cref="RecordErrorCodes"/>; null on success.</summary>
    public string? ErrorCode => _outcome?.ErrorCode;

    /// <summary>A human-readable error message; null on success.</summary>
    public string? ErrorMessage => _outcome?.ErrorMessage;

    /// <summary>
    /// The record itself when it failed, so that a caller can put it again or elsewhere; null on success. Members of one Kinesis record that failed
    /// together share their bytes: each read makes a copy, so read it once. A record that was refused, and so not accepted, is not copied: its data is the
    /// caller's own memory, so read it before you reuse that.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The result is a copy from an <see cref="EnqueuedBatch"/> that was disposed.</exception>
    public UserRecord? Record => _outcome?.Records is { } records
        ? records.Read(_index, out _) ?? throw new ObjectDisposedException(nameof(EnqueuedBatch), "the record of a failed result cannot be read after its batch was disposed")
        : _outcome?.Record;

    /// <summary>
    /// The producer number of a failed record, whether or not it was sent: <c>PRODUCER.LINE.NUMBER</c>, which <c>ProducerNumber</c> of package
    /// Orleans.Kpl.Deaggregation parses. Null on success, for a record without one, and in a tier, whose list of failures has it. Each read may copy the
    /// record, so read it once.
    /// </summary>
    public string? ProducerNumber => WithOwnRecord()._outcome?.Number?.ToString();

    /// <summary>The outcome shared with the other members of its Kinesis record; null when the record has not ended.</summary>
    internal SharedOutcome? Outcome => _outcome;

    /// <summary>Returns this result, or throws when the record failed or its outcome is unknown.</summary>
    /// <exception cref="RecordFailedException">The record was not delivered, or its outcome is unknown.</exception>
    public RecordResult EnsureSuccess() => IsSuccess ? this : throw new RecordFailedException(this);

    /// <summary>Releases this result's share in the bytes of records that failed together. It must not be read again.</summary>
    internal void LetGo() => _outcome?.Records?.LetGo();

    /// <summary>
    /// Returns this result with a copy of the record, readable after the batch was disposed; without the record if the batch was disposed before.
    /// </summary>
    internal RecordResult WithOwnRecord() => _outcome?.Records is { } records ? With(Attempts, records.Read(_index, out var number), number) : this;

    /// <summary>Returns this result without the record, for a receiver that has it.</summary>
    internal RecordResult WithoutRecord() => WithRecord(null);

    /// <summary>Creates the result of a delivered record.</summary>
    public static RecordResult Delivered(string shardId, string sequenceNumber, int subSequenceNumber, IReadOnlyList<Attempt> attempts) =>
        new(new SharedOutcome { Status = RecordStatus.Delivered, ShardId = shardId, SequenceNumber = sequenceNumber, Attempts = attempts }, subSequenceNumber);

    /// <summary>Creates the result of a record that was accepted or persisted, when the caller asked for no more.</summary>
    public static RecordResult Acknowledged(RecordStatus status) => new(new SharedOutcome { Status = status });

    /// <summary>Creates the result of a record that failed, or whose outcome is unknown.</summary>
    public static RecordResult NotDelivered(RecordStatus status, string errorCode, string? errorMessage, UserRecord? record,
        IReadOnlyList<Attempt>? attempts = null) =>
        new(new SharedOutcome { Status = status, ErrorCode = errorCode, ErrorMessage = errorMessage, Record = record, Attempts = attempts ?? [] });

    /// <summary>Returns this result with earlier attempts put before its own.</summary>
    internal RecordResult WithEarlier(IReadOnlyList<Attempt> attempts) => With([.. attempts, .. Attempts], Record, _outcome?.Number);

    /// <summary>Returns this result with the record's producer number; unchanged on success and without one.</summary>
    internal RecordResult WithNumber(PackedNumber? number) => number is null || IsSuccess ? this : With(Attempts, Record, number);

    /// <summary>Returns this result with the record itself, which is not transmitted; unchanged on success.</summary>
    internal RecordResult WithRecord(UserRecord? record) =>
        _outcome is null || IsSuccess || record is null && _outcome is { Record: null, Records: null } ? this : With(Attempts, record, _outcome.Number);

    /// <inheritdoc />
    public override string ToString() => Status is RecordStatus.None or RecordStatus.Accepted or RecordStatus.Persisted ? Status.ToString()
        : IsSuccess ? $"{Status} {ShardId} {SequenceNumber}/{SubSequenceNumber}"
        : $"{Status} {ErrorCode}: {ErrorMessage}{AfterAttempts}";

    /// <summary>As in KPL an expiry is the last attempt; one that is the only attempt was none, and its message says so.</summary>
    internal string AfterAttempts => AttemptCount switch
    {
        0 => "",
        1 => ErrorCode == RecordErrorCodes.Expired ? "" : " after 1 attempt",
        var count => $" after {count} attempts",
    };

    private RecordResult With(IReadOnlyList<Attempt> attempts, UserRecord? record, PackedNumber? number) => new(
        new SharedOutcome
        {
            Status = Status,
            ShardId = ShardId,
            SequenceNumber = SequenceNumber,
            ErrorCode = ErrorCode,
            ErrorMessage = ErrorMessage,
            Attempts = attempts,
            Record = record,
            Number = number,
        },
        SubSequenceNumber);
}

/// <summary>How a user record ended.</summary>
public enum RecordStatus
{
    /// <summary>The record has not ended. A producer never returns a result with this status.</summary>
    [JsonStringEnumMemberName("none")]
    None = 0,

    /// <summary>The record is in Kinesis, where the consumers of the shard can see it.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>The record is in the durable backlog and will be delivered from there.</summary>
    [JsonStringEnumMemberName("persisted")]
    Persisted,

    /// <summary>The record is in memory, and delivery continues. Reported only when the caller asked for no more.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>
    /// The record was not delivered, and will not be tried again. Where one of its attempts got no answer, Kinesis may have it all the same.
    /// </summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>
    /// The record may or may not be in Kinesis. A silo that had it was lost, a call with it was under way when the producer had to stop, or Kinesis' answer
    /// does not tell (<see cref="RecordErrorCodes.RecordCountMismatch"/>).
    /// </summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}

/// <summary>Thrown by <see cref="RecordResult.EnsureSuccess"/> only.</summary>
public sealed class RecordFailedException : Exception
{
    /// <summary>Creates the exception from the result.</summary>
    public RecordFailedException(RecordResult result)
        : base($"{(result.Status == RecordStatus.Unknown ? "what became of the record is unknown, Kinesis may have it" : "the record was not delivered")}: {result.ErrorCode}: {result.ErrorMessage}{result.AfterAttempts}") =>
        Result = result.WithOwnRecord();

    /// <summary>The whole result, with the record and every attempt.</summary>
    public RecordResult Result { get; }
}
