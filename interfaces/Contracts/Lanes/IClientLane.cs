using System.Globalization;

namespace Orleans.Kpl.Lanes;

/// <summary>
/// The client library's entry point into a silo, for one stream. The key is a <see cref="LaneKey"/>. Each silo keeps one session for
/// each client that puts into the stream there. A silo that receives a call forwards it to the silo of the session.
/// </summary>
/// <remarks>
/// A client numbers the records of a stream, whichever session gets them, in increasing order, with gaps. Numbers make re-sends harmless: an accepted batch
/// is not accepted again under the same session. Outcomes are reported until the client has acknowledged them, or has not asked for too long. The calls are
/// those of <see cref="ILaneCalls"/>.
/// </remarks>
[Alias("Orleans.Kpl.IClientLane")]
internal interface IClientLane : IGrainWithStringKey
{
    [Alias("Open"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Open(ClientRequest request);

    [Alias("Accept"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Accept(ClientBatch batch);

    /// <summary>Where there are no outcomes, it waits for at most <see cref="ClientOutcomes.LongestWait"/>.</summary>
    [Alias("TakeOutcomes"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientOutcomes> TakeOutcomes(ClientRequest request);

    [Alias("Flush"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Flush(ClientRequest request);

    [Alias("Close"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ClientReply> Close(ClientRequest request);
}

/// <summary>
/// The key of an <see cref="IClientLane"/>: <c>LANE/STREAM</c>. A client sends all calls for one grain to one gateway, so it
/// distributes its load over several lanes.
/// </summary>
internal readonly record struct LaneKey(int Lane, string Stream)
{
    /// <exception cref="FormatException">The text is not such a key.</exception>
    public static LaneKey Parse(string text)
    {
        var slash = text.IndexOf('/');
        return slash > 0 && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var lane)
            ? new LaneKey(lane, text[(slash + 1)..])
            : throw new FormatException($"'{text}' is no LANE/STREAM");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Lane}/{Stream}");
}
