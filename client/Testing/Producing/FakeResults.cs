using System.Globalization;

namespace Orleans.Kpl.Testing;

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
