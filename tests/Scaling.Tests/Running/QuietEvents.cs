using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

/// <summary>Hears nothing, save for what a test wants to hear.</summary>
internal class QuietEvents : IAdminEvents
{
    public virtual void OperationRuns(string stream, string operationId, string reason)
    {
    }

    public virtual void OperationEnded(string stream, string operationId, OperationState state, string reason)
    {
    }

    public virtual void OperationTaken(string stream, string operationId)
    {
    }

    public virtual void Troubled(string stream, string doing, Exception error)
    {
    }

    public virtual void Decided(string stream, string decision)
    {
    }
}
