namespace Orleans.Kpl;

/// <summary>Something that happened to an operation.</summary>
public sealed record OperationEvent
{
    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>In which step, from 1.</summary>
    public int Step { get; init; }

    /// <summary>What happened, and why.</summary>
    public required string Text { get; init; }
}
