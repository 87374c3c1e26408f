namespace Orleans.Kpl;

/// <summary>An operation that was begun and goes on by itself, also when this process, or the stream's manager, is lost.</summary>
public sealed record StartedOperation
{
    /// <summary>Its id, for <see cref="IStreamAdmin.GetOperationAsync"/>.</summary>
    public required string OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required ShardPlan Plan { get; init; }
}
