namespace Orleans.Kpl.Lanes;

/// <summary>The ways into the cluster, as one client process has them. Each lane has one route, by one gateway.</summary>
internal interface ILanes
{
    /// <summary>Completes when a gateway is lost; after each loss there is a new task.</summary>
    Task GatewayLost { get; }

    /// <summary>Returns a lane that was not used before. It reaches whichever gateway there is.</summary>
    ILaneCalls Fresh(string stream);
}

/// <summary>
/// The calls of one lane, for one stream. They reach the silo of the session by any gateway. A call may fail with any exception, whether it
/// was carried out or not.
/// </summary>
internal interface ILaneCalls
{
    /// <summary>Opens a session at the silo that the lane reaches; the reply names that silo.</summary>
    Task<ClientReply> OpenAsync(ClientRequest request);

    /// <summary>Hands over a batch. Answers when the silo has accepted or rejected it, without waiting for delivery.</summary>
    Task<ClientReply> AcceptAsync(ClientBatch batch);

    /// <summary>Acknowledges outcomes and fetches further ones; the silo waits a while if it has none.</summary>
    Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request);

    /// <summary>Sends all accepted records of the client without linger.</summary>
    Task<ClientReply> FlushAsync(ClientRequest request);

    /// <summary>Closes the session: the client needs no more outcomes from it.</summary>
    Task<ClientReply> CloseAsync(ClientRequest request);
}
