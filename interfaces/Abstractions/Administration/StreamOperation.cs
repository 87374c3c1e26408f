namespace Orleans.Kpl;

/// <summary>A change of a stream's shards, running or ended, or a decision of its policy: an entry of its history.</summary>
public sealed record StreamOperation
{
    /// <summary>Its id; null for what only was decided.</summary>
    public string? OperationId { get; init; }

    /// <summary>What it is.</summary>
    public required StreamOperationKind Kind { get; init; }

    /// <summary>How far it is.</summary>
    public required OperationState State { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The current step, or the last one, from 1; 0 where there is none.</summary>
    public int Step { get; init; }

    /// <summary>How many steps it has.</summary>
    public int Steps { get; init; }

    /// <summary>Why it was begun while it runs, then how it ended.</summary>
    public required string Reason { get; init; }

    /// <summary>What happened, oldest first; at most 200, the first 20 and the latest.</summary>
    public IReadOnlyList<OperationEvent> Events { get; init; } = [];
}
