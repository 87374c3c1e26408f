namespace Orleans.Kpl.Scaling.Running;

/// <summary>What happens around reshards, for a log. Called on the way: implementations neither throw nor wait.</summary>
internal interface IAdminEvents
{
    /// <summary>An operation has begun, or goes on here after whoever ran it was lost.</summary>
    void OperationRuns(string stream, string operationId, string reason);

    /// <summary>An operation has ended.</summary>
    void OperationEnded(string stream, string operationId, OperationState state, string reason);

    /// <summary>Somebody else runs the operation.</summary>
    void OperationTaken(string stream, string operationId);

    /// <summary>Something did not work and is tried again.</summary>
    void Troubled(string stream, string doing, Exception error);

    /// <summary>A policy decided something.</summary>
    void Decided(string stream, string decision);
}
