using System.Globalization;

namespace Orleans.Kpl.Testing;

/// <summary>How a <see cref="FakeKplProducer"/> lets a record end.</summary>
public sealed record FakeAnswer
{
    private FakeAnswer(RecordStatus status) => Status = status;

    /// <summary>The record is in Kinesis. The default.</summary>
    public static FakeAnswer Delivered { get; } = new(RecordStatus.Delivered);

    /// <summary>The record stays in the durable backlog, as with <see cref="HighWaterMode.Spill"/> while Kinesis is away: a success.</summary>
    public static FakeAnswer Persisted { get; } = new(RecordStatus.Persisted);

    /// <summary>How the record ends.</summary>
    public RecordStatus Status { get; }

    /// <summary>The error code; null for a success.</summary>
    public string? ErrorCode { get; private init; }

    /// <summary>The error message; null for a success.</summary>
    public string? ErrorMessage { get; private init; }

    /// <summary>The shard that a delivered record is in. Default <c>shardId-000000000000</c>.</summary>
    public string ShardId { get; init; } = "shardId-000000000000";

    /// <summary>
    /// The number of attempts in the result; at least 0. Default 1, and 0 with a code of records that are never sent. A <see cref="Persisted"/> result has
    /// none.
    /// </summary>
    public int Attempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 1;

    /// <summary>Whether the record is held: it does not end until <see cref="FakeKplProducer.Release"/>. Default false.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Returns the answer for a record that fails.</summary>
    /// <param name="errorCode">One of <see cref="RecordErrorCodes"/>, or a code of Kinesis' own.</param>
    /// <param name="errorMessage">The message; null for one that names the fake.</param>
    public static FakeAnswer Failed(string errorCode, string? errorMessage = null) => NotDelivered(RecordStatus.Failed, errorCode, errorMessage);

    /// <summary>Returns the answer for a record of which nobody knows whether Kinesis has it, as when a silo is lost or a drain is cut off.</summary>
    /// <param name="errorCode">One of <see cref="RecordErrorCodes"/>.</param>
    /// <param name="errorMessage">The message; null for one that names the fake.</param>
    public static FakeAnswer Unknown(string errorCode = RecordErrorCodes.OwnerLost, string? errorMessage = null) =>
        NotDelivered(RecordStatus.Unknown, errorCode, errorMessage);

    private static FakeAnswer NotDelivered(RecordStatus status, string errorCode, string? errorMessage)
    {
        ArgumentException.ThrowIfNullOrEmpty(errorCode);
        return new FakeAnswer(status)
        {
            ErrorCode = errorCode, ErrorMessage = errorMessage ?? "the fake producer was told to answer so", Attempts = IsNeverSent(errorCode) ? 0 : 1,
        };
    }

    private static bool IsNeverSent(string code) =>
        code is RecordErrorCodes.Dropped or RecordErrorCodes.Canceled or RecordErrorCodes.InvalidPartitionKey or RecordErrorCodes.InvalidExplicitHashKey
            or RecordErrorCodes.RecordTooLarge or RecordErrorCodes.InvalidStream or RecordErrorCodes.NotSupported;
}

/// <summary>Makes the results of fake records as those of real ones look.</summary>
internal static class FakeResults
{
    /// <summary>Kinesis' sequence numbers have 56 digits and begin so.</summary>
    private const string FirstDigits = "49";

    /// <summary>The result of a record that ends now.</summary>
    /// <param name="answer">How it ends.</param>
    /// <param name="number">Grows with each record.</param>
    /// <param name="now">When it ends.</param>
    public static RecordResult Of(FakeRecord record, FakeAnswer answer, long number, DateTimeOffset now) => answer.Status switch
    {
        RecordStatus.Delivered => RecordResult.Delivered(
            answer.ShardId, FirstDigits + number.ToString("D54", CultureInfo.InvariantCulture), 0, AttemptsOf(record, answer, now)),
        RecordStatus.Persisted => RecordResult.Acknowledged(RecordStatus.Persisted),
        _ => RecordResult.NotDelivered(answer.Status, answer.ErrorCode!, answer.ErrorMessage, record.Record, AttemptsOf(record, answer, now)),
    };

    /// <summary>The attempts before the one that delivered a record were throttled.</summary>
    private static Attempt[] AttemptsOf(FakeRecord record, FakeAnswer answer, DateTimeOffset now) =>
        [.. Enumerable.Range(1, answer.Attempts).Select(i => new Attempt
        {
            StartedAt = record.StartedAt,
            EndedAt = now,
            ErrorCode = answer.Status != RecordStatus.Delivered ? answer.ErrorCode : i < answer.Attempts ? RecordErrorCodes.Throttled : null,
            ErrorMessage = answer.Status != RecordStatus.Delivered ? answer.ErrorMessage : i < answer.Attempts ? "Rate exceeded for shard." : null,
        })];
}
