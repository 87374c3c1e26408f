using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Converts an operation to its public form.</summary>
internal static class OperationText
{
    public static StreamOperation Of(ReshardOperation operation) => new()
    {
        OperationId = operation.Id,
        Kind = operation.Kind,
        State = operation.Phase switch
        {
            OperationPhase.Done => OperationState.Done,
            OperationPhase.Stopped => OperationState.Stopped,
            OperationPhase.Failed => OperationState.Failed,
            _ => OperationState.Running,
        },
        StartedAt = operation.History[0].At,
        EndedAt = operation.IsEnded ? operation.PhaseSince : null,
        Step = Math.Min(operation.Step + 1, operation.Steps.Count),
        Steps = operation.Steps.Count,
        Reason = operation.IsEnded ? operation.History[^1].Text : operation.Reason,
        Events = [.. operation.History.Select(e => new OperationEvent { At = e.At, Step = Math.Min(e.Step + 1, operation.Steps.Count), Text = e.Text })],
    };
}
