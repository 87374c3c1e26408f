namespace Orleans.Kpl;

/// <summary>An operation that was begun and goes on by itself, also when this process, or the stream's manager, is lost.</summary>
/// <param name="OperationId">Its id, for <see cref="IStreamAdmin.GetOperationAsync"/>.</param>
/// <param name="Plan">What it does.</param>
public sealed record StartedOperation(string OperationId, ShardPlan Plan);
