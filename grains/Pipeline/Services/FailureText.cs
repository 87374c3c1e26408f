using System.Text;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Hashing;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>Converts failed results to what administration tells of them: everything but the data.</summary>
internal static class FailureText
{
    /// <param name="number">The failure's number in its list.</param>
    /// <param name="endedAt">When the record ended.</param>
    /// <param name="process">The silo that accepted it; null for an embedded producer.</param>
    /// <param name="result">The result; its record is read once.</param>
    /// <param name="keepsKey">Whether the partition key may be told.</param>
    public static FailedRecord Of(long number, DateTimeOffset endedAt, string? process, in RecordResult result, bool keepsKey)
    {
        var record = result.WithOwnRecord().Record;
        var code = result.ErrorCode ?? "";
        return new FailedRecord
        {
            Number = number,
            EndedAt = endedAt,
            Process = process,
            HashKey = record is { PartitionKey: { } key } ? record.Value.ExplicitHashKey ?? HashKey.OfPartitionKey(Encoding.UTF8.GetBytes(key)) : null,
            PartitionKey = keepsKey ? record?.PartitionKey : null,
            Status = result.Status,
            ErrorCode = code,
            ErrorMessage = result.ErrorMessage,
            AttemptCount = result.AttemptCount,
            Attempts = result.Attempts,
            Advice = ErrorAdvice.Of(code).Advice,
        };
    }
}
