namespace Orleans.Kpl;

/// <summary>A record of the backlog that cannot be delivered, set aside for an operator.</summary>
/// <param name="Number">Its number in the stream's list, rising.</param>
/// <param name="Record">The record itself.</param>
/// <param name="ErrorCode">Kinesis' code or one of <see cref="RecordErrorCodes"/>.</param>
/// <param name="ErrorMessage">What went wrong, for people.</param>
/// <param name="PersistedAt">When it was taken into the backlog.</param>
/// <param name="SetAsideAt">When it was set aside.</param>
public sealed record DeadLetter(
    long Number, UserRecord Record, string ErrorCode, string? ErrorMessage, DateTimeOffset PersistedAt, DateTimeOffset SetAsideAt);
