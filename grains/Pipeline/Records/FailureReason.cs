namespace Orleans.Kpl.Pipeline.Records;

/// <summary>
/// Why records failed, with their attempts. Members of a Kinesis record mostly share one instance: when a full buffer expires at once, its failures
/// must not take several times its own memory.
/// </summary>
internal sealed class FailureReason
{
    private readonly AttemptChain? _tries;

    private FailureReason(AttemptChain? tries, Attempt[] attempts, RecordStatus status, string code, string? message)
    {
        _tries = tries;
        Attempts = attempts;
        Status = status;
        Code = code;
        Message = message;
    }

    /// <summary>Failed, or Unknown where Kinesis may have the record all the same.</summary>
    public RecordStatus Status { get; }

    public Attempt[] Attempts { get; }

    /// <summary>The number of attempts, with those that <see cref="Attempts"/> leaves out.</summary>
    public int AttemptCount => Attempts.Sum(static a => a.Count);

    public string Code { get; }

    public string? Message { get; }

    /// <summary>
    /// Returns the reason for one member. Where it is the same, the previous member's reason is reused, or the most recent one for the same attempts.
    /// </summary>
    public static FailureReason For(AttemptChain? tries, string code, string? message, FailureReason? former, RecordStatus status = RecordStatus.Failed)
    {
        former = tries?.LastReason ?? former;
        return former is not null && ReferenceEquals(former._tries, tries) && (former.Status, former.Code, former.Message) == (status, code, message)
            ? former
            : new FailureReason(tries, AttemptChain.ToArray(null, tries), status, code, message).Remembered();
    }

    /// <summary>Returns a failure with these attempts and another code.</summary>
    public FailureReason As(string code, string message) => new(_tries, Attempts, Status, code, message);

    /// <summary>
    /// Returns the reason of a record whose time-to-live has ended. The expiry itself counts as an attempt, as in KPL; so the message has no number of its
    /// own that would differ from that of the attempts.
    /// </summary>
    public static FailureReason Expired(AttemptChain? tries, DateTimeOffset at, FailureReason? former)
    {
        former = tries?.LastReason ?? former;
        if (former is { Code: RecordErrorCodes.Expired } && ReferenceEquals(former._tries, tries) && former.Attempts[^1].EndedAt == at)
            return former;
        var message = tries is null
            ? "the time-to-live ended before the first attempt"
            : $"the time-to-live ended; the last attempt: {tries.Attempt.ErrorCode}: {tries.Attempt.ErrorMessage}";
        var end = new AttemptChain(new Attempt { StartedAt = at, EndedAt = at, ErrorCode = RecordErrorCodes.Expired, ErrorMessage = message }, tries);
        return new FailureReason(tries, AttemptChain.ToArray(null, end), RecordStatus.Failed, RecordErrorCodes.Expired, message).Remembered();
    }

    private FailureReason Remembered()
    {
        if (_tries is not null)
            _tries.LastReason = this;
        return this;
    }
}
