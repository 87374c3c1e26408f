using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>What a session needs from its stream.</summary>
internal interface ISessionHost
{
    string Stream { get; }

    /// <summary>Completes records.</summary>
    void End(List<ForwardedOutcome> ends);

    /// <summary>Stops handing messages to that session's silo.</summary>
    /// <param name="isDraining">Whether the outcomes of the records it still has will arrive.</param>
    void Leave(SiloSession session, bool isDraining);

    /// <summary>Notes that a session rests.</summary>
    void Rested();

    /// <summary>Notes how many silos there are, as one of them reports.</summary>
    void Silos(int count);
}
