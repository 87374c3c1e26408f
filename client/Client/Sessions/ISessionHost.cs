using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Client.Sessions;

/// <summary>What a session needs of its stream.</summary>
internal interface ISessionHost
{
    string Stream { get; }

    /// <summary>Ends records.</summary>
    void End(List<ForwardedOutcome> ends);

    /// <summary>Nothing more goes to that silo.</summary>
    /// <param name="session">The session.</param>
    /// <param name="isDraining">Ends of what it has still come.</param>
    void Leave(SiloSession session, bool isDraining);

    /// <summary>The session has nothing to do. False when it was given something meanwhile.</summary>
    bool TryRetire(SiloSession session);

    /// <summary>How many silos there are, as one of them knows.</summary>
    void Silos(int count);
}
