namespace Orleans.Kpl.Scaling.Running;

/// <summary>Events of reshards, for a log. Implementations neither throw nor wait.</summary>
internal interface IAdminEvents
{
    /// <summary>Called when an operation has begun, or continues here after its former runner was lost.</summary>
    void OperationRuns(string stream, string operationId, string reason);

    /// <summary>Called when an operation has ended.</summary>
    void OperationEnded(string stream, string operationId, OperationState state, string reason);

    /// <summary>Called when another process runs the operation.</summary>
    void OperationTaken(string stream, string operationId);

    /// <summary>Called when an action failed and is retried.</summary>
    void Troubled(string stream, string doing, Exception error);

    /// <summary>Called when a policy decided something.</summary>
    void Decided(string stream, string decision);
}
