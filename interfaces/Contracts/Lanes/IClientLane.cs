namespace Orleans.Kpl.Lanes;

/// <summary>
/// The client library's way into a silo, for one stream. The key is a <see cref="LaneKey"/>. Behind it each silo keeps sessions, one for each client
/// that puts into the stream there; whoever a call reaches passes it on to the silo that the session is at.
/// </summary>
/// <remarks>
/// A client numbers its records per session, rising, with gaps. Numbers make re-sends harmless: a batch that was taken is not taken again,
/// and what ended is told until the client has acknowledged it.
/// </remarks>
[Alias("Orleans.Kpl.IClientLane")]
internal interface IClientLane : IGrainWithStringKey
{
    /// <summary>
    /// Begins a session at the silo that the lane reaches, which the reply names; one that is there goes on. All other calls name
    /// that silo, so that it is always known who may have taken what.
    /// </summary>
    [Alias("Open")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Open(LaneRequest request);

    /// <summary>Hands over a batch. Answers when the silo has taken it over or will not: it waits for no delivery.</summary>
    [Alias("Accept")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Accept(LaneBatch batch);

    /// <summary>Acknowledges outcomes and takes further ones; waits for some for at most <see cref="ResponseTimeouts.OutcomesHold"/>.</summary>
    [Alias("TakeOutcomes")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneOutcomes> TakeOutcomes(LaneRequest request);

    /// <summary>Lets everything that was accepted from the client leave without linger. The client waits for the outcomes itself.</summary>
    [Alias("Flush")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Flush(LaneRequest request);

    /// <summary>Ends the session: the client wants to hear nothing more of it. Its records go on.</summary>
    [Alias("Close")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<LaneReply> Close(LaneRequest request);
}
