using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Guarding;
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
    private readonly NewStreams _new = new(time);

    /// <param name="identity">Who brings records for it; null where nobody is asked.</param>
    /// <exception cref="RequestRefusedException">
    /// Records for the stream are not taken here, or Kinesis did not know it a moment ago, or there are too many whose first record has not been delivered yet.
    /// </exception>
    public void Check(string stream, string? identity)
    {
        if (!_allowed.Allows(stream))
            throw RequestRefusedException.Forbidden($"records for stream '{stream}' are not taken here (Kpl:Http:Streams)");
        if (_missing.Has(stream))
        {
            throw new RequestRefusedException(StatusCodes.Status404NotFound, RecordErrorCodes.ResourceNotFound,
                $"stream '{stream}' does not exist; whether it does is asked once in {MissingStreams.Kept.TotalSeconds:0} s");
        }

        if (_known.ContainsKey(stream))
            return;
        // Names that clients make up never get this far.
        if (producer.GetLedger(stream).Delivered > 0)
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
}
