namespace Orleans.Kpl.Lanes;

/// <summary>
/// What clients ask of the silo that has their session, for one stream. A silo that a call reaches which is for another one passes it on. A call may
/// fail with any exception, whether it was carried out or not.
/// </summary>
internal interface ILaneCalls
{
    /// <summary>Opens a session, or continues one, at the silo that is named, else at the one that is reached; the reply names it.</summary>
    Task<ClientReply> OpenAsync(ClientRequest request);

    /// <summary>Hands over a batch. Answers when the silo has accepted or rejected it, without waiting for delivery.</summary>
    Task<ClientReply> AcceptAsync(ClientBatch batch);

    /// <summary>Acknowledges outcomes and fetches further ones; waits a while if there are none.</summary>
    Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request);

    /// <summary>Sends all accepted records of the client without linger.</summary>
    Task<ClientReply> FlushAsync(ClientRequest request);

    /// <summary>Closes the session: the client needs no more outcomes from it. Its records continue.</summary>
    Task<ClientReply> CloseAsync(ClientRequest request);
}
