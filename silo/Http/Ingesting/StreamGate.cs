using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>Refuses streams before the producer sets anything up for them: that would stay in memory, and ask Kinesis again and again.</summary>
internal sealed class StreamGate(IOptions<KplHttpOptions> options, TimeProvider time)
{
    private readonly StreamList _allowed = new(options.Value);
    private readonly MissingStreams _missing = new(
        [options.Value.DefaultStream, .. options.Value.OwnStreams, .. options.Value.Streams], time);

    /// <exception cref="RequestRefusedException">Records for the stream are not taken here, or Kinesis did not know it a moment ago.</exception>
    public void Check(string stream)
    {
        if (!_allowed.Allows(stream))
            throw RequestRefusedException.Forbidden($"records for stream '{stream}' are not taken here (Kpl:Http:Streams)");
        if (_missing.Has(stream))
        {
            throw new RequestRefusedException(StatusCodes.Status404NotFound, RecordErrorCodes.ResourceNotFound,
                $"stream '{stream}' does not exist; whether it does is asked once in {MissingStreams.Kept.TotalSeconds:0} s");
        }
    }

    /// <summary>Notes a result that tells that Kinesis does not know the stream.</summary>
    public void Note(string stream, string? errorCode)
    {
        if (errorCode == RecordErrorCodes.ResourceNotFound)
            _missing.Add(stream);
    }
}
