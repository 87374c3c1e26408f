using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>The silos as the clients' sessions see them.</summary>
internal interface ILanePeers
{
    SiloId Self { get; }

    /// <summary>The silos that accept records.</summary>
    IReadOnlyList<SiloId> Silos { get; }

    /// <summary>Whether this silo is leaving.</summary>
    bool IsDraining { get; }

    /// <summary>Whether that silo is gone for good.</summary>
    bool IsLost(SiloId silo);

    IClientCalls To(SiloId silo);
}

/// <summary>The cluster's silos.</summary>
internal sealed class LanePeers(LiveSilos silos, SiloState start, Func<SiloId, IClientCalls> calls) : ILanePeers
{
    public SiloId Self => silos.Self;

    public IReadOnlyList<SiloId> Silos => silos.Owners;

    public bool IsDraining => start.IsDraining;

    public bool IsLost(SiloId silo) => silos.IsLost(silo);

    public IClientCalls To(SiloId silo) => calls(silo);
}

/// <summary>
/// What clients ask of the silo that has their session, for one stream. A silo that receives a call for the session of another silo passes
/// it on. A call to another silo may fail with any exception, whether it was carried out or not.
/// </summary>
internal interface IClientCalls
{
    /// <summary>Opens a session there, or continues one.</summary>
    Task<ClientReply> OpenAsync(string stream, ClientRequest request);

    /// <summary>Hands over a batch. Answers when it was accepted or rejected, without waiting for delivery.</summary>
    Task<ClientReply> AcceptAsync(string stream, ClientBatch batch);

    /// <summary>Acknowledges outcomes and fetches further ones; waits a while if there are none.</summary>
    Task<ClientOutcomes> TakeOutcomesAsync(string stream, ClientRequest request);

    /// <summary>Sends all accepted records of the client without linger.</summary>
    Task<ClientReply> FlushAsync(string stream, ClientRequest request);

    /// <summary>Closes the session: the client needs no more outcomes from it. Its records continue.</summary>
    Task<ClientReply> CloseAsync(string stream, ClientRequest request);
}
