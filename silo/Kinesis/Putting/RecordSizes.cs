using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>
/// How large a record may be that a stream takes. Kinesis is asked only where a request has a record that is larger than what the stream was known to take.
/// </summary>
/// <param name="descriptions">What Kinesis tells of the streams.</param>
internal sealed class RecordSizes(StreamDescriptions descriptions)
{
    /// <summary>The record size that every stream takes (AWS: MaxRecordSizeInKiB defaults to 1,024).</summary>
    private const int Least = 1 << 20;

    // The limit that Kinesis told last. Where it was lowered since, Kinesis refuses the records, and it is forgotten.
    private readonly ConcurrentDictionary<string, long> _told = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the bytes of data and key that a record may have. Where Kinesis does not answer, or may not be asked now, it is as many as any stream takes,
    /// and Kinesis decides: an outage must not keep out what the backlog takes. Without the right to ask it is what is known, as in the producer.
    /// </summary>
    /// <param name="wrap">The bytes that the producer adds to each record.</param>
    /// <exception cref="FrontException">Kinesis refused the question.</exception>
    public async ValueTask<long> MostOfAsync(string stream, PutCall call, int wrap, string? caller, CancellationToken cancellationToken)
    {
        var known = (_told.TryGetValue(stream, out var told) ? told : Least) - wrap;
        if (PutRules.AreWithin(call.Entries, known))
            return known;
        try
        {
            return (_told[stream] = SizeIn(await descriptions.SummaryAsync(stream, caller, cancellationToken))) - wrap;
        }
        catch (FrontException unanswered) when (unanswered.Type is FrontErrors.Internal or "LimitExceededException" or "AccessDeniedException")
        {
            return unanswered.Type == "AccessDeniedException" ? known : PutRules.MostRecordBytes - wrap;
        }
    }

    /// <summary>
    /// Forgets a limit that may have been lowered: Kinesis is asked for the next large record. A request that it would refuse whole is so refused here, too.
    /// </summary>
    /// <param name="results">The outcomes of a request that did not succeed as a whole.</param>
    public void Note(string stream, ReadOnlySpan<RecordResult> results)
    {
        foreach (ref readonly var result in results)
        {
            if (result.ErrorCode is RecordErrorCodes.RecordTooLarge or "InvalidArgumentException" or "ValidationException")
                _told.TryRemove(stream, out _);
        }
    }

    private static long SizeIn(JsonElement summary) =>
        summary.GetProperty("StreamDescriptionSummary"u8).TryGetProperty("MaxRecordSizeInKiB"u8, out var size) && size.ValueKind == JsonValueKind.Number
            ? size.GetInt64() * 1024
            : Least;
}
