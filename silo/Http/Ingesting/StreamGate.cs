using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>Refuses streams before the producer sets anything up for them: that would stay in memory, and ask Kinesis again and again.</summary>
internal sealed class StreamGate(IOptions<KplHttpOptions> options, IKplProducer producer, TimeProvider time)
{
    private readonly StreamList _allowed = new(options.Value);
    private readonly MissingStreams _missing = new(
        [options.Value.DefaultStream, .. options.Value.OwnStreams, .. options.Value.Streams], time);
    private readonly ConcurrentDictionary<string, bool> _known = new(
        new[] { options.Value.DefaultStream }.Concat(options.Value.OwnStreams).Concat(options.Value.Streams).Distinct()
            .Select(static s => KeyValuePair.Create(s, true)),
        StringComparer.Ordinal);
    private readonly NewStreams _new = new(time, stream => IsDelivered(producer, stream));

    /// <exception cref="RequestRefusedException">Records for the stream are not taken here, or Kinesis did not know it a moment ago.</exception>
    /// <exception cref="RecordValidationException">It is no name and no ARN; a list without records asks the producer nothing.</exception>
    public void Check(string stream)
    {
        StreamName.Check(stream);
        if (!_allowed.Allows(stream))
            throw RequestRefusedException.Forbidden($"records for stream '{stream}' are not taken here (Kpl:Http:Streams)");
        if (_missing.Has(stream))
        {
            throw new RequestRefusedException(StatusCodes.Status404NotFound, RecordErrorCodes.ResourceNotFound,
                $"stream '{stream}' does not exist; whether it does is asked once in {MissingStreams.Kept.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// Is called before the producer, or Kinesis, is asked for a stream that was checked. Names that come with no record take none of the places.
    /// </summary>
    /// <param name="identity">Who brings records for it; null where nobody is asked.</param>
    /// <exception cref="RequestRefusedException">There are too many whose first record has not been delivered yet.</exception>
    public void Enter(string stream, string? identity)
    {
        if (_known.ContainsKey(stream))
            return;
        // Names that clients make up never get this far.
        if (IsDelivered(producer, stream))
            _known.TryAdd(stream, true);
        else if (!_new.TryAdd(stream, identity))
            throw RequestRefusedException.TooMany("too many streams are new: nothing has been delivered yet to as many as may be", options.Value.RetryAfter);
    }

    /// <summary>Notes a result that tells that Kinesis does not know the stream.</summary>
    public void Note(string stream, string? errorCode)
    {
        if (errorCode == RecordErrorCodes.ResourceNotFound)
            _missing.Add(stream);
    }

    private static bool IsDelivered(IKplProducer producer, string stream) => producer.GetLedger(stream).Delivered > 0;
}

/// <summary>The streams that records may be put to, as <see cref="KplHttpOptions.Streams"/> lists them.</summary>
internal sealed class StreamList(KplHttpOptions options)
{
    private readonly HashSet<string> _names = [options.DefaultStream, .. options.Streams];
    private readonly string[] _beginnings = [.. options.Streams.Where(static s => s.EndsWith('*')).Select(static s => s[..^1])];
    private readonly bool _isOpen = options.Streams.Count == 0;

    /// <summary>Whether the list can have that entry: a name, an ARN, or the beginning of one and <c>*</c>.</summary>
    public static bool IsFit(string entry) => StreamName.IsFit(entry)
        || (entry.EndsWith('*') && entry.AsSpan(0, entry.Length - 1) is var begin && !begin.ContainsAnyExcept(Letters));

    /// <summary>Whether records may be put to the stream.</summary>
    public bool Allows(string stream) =>
        _isOpen || _names.Contains(stream) || Array.Exists(_beginnings, b => stream.StartsWith(b, StringComparison.Ordinal));

    private static ReadOnlySpan<char> Letters => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:/";
}

/// <summary>Detects batches that failed because of their stream or of an unsupported option, which is an error of the whole request.</summary>
internal static class RefusedStream
{
    /// <summary>Returns the error if no record was accepted and at least one result blames the stream or an unsupported option; else null.</summary>
    public static RequestRefusedException? Find(ReadOnlySpan<RecordResult> results, bool isTold)
    {
        RequestRefusedException? refused = null;
        foreach (var result in results)
        {
            var isMissing = result.ErrorCode == RecordErrorCodes.ResourceNotFound;
            if (result.IsSuccess || !(isMissing || RefusedRecord.IsCode(result.ErrorCode)))
                return null;
            if (isMissing || result.ErrorCode is RecordErrorCodes.InvalidStream or RecordErrorCodes.NotSupported)
            {
                refused ??= new RequestRefusedException(
                    isMissing ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, result.ErrorCode!,
                    ToldDetail.Message(isTold, result.ErrorCode, result.ErrorMessage) ?? "");
            }
        }
        return refused;
    }
}
