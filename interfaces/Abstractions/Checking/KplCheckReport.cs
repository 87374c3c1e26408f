namespace Orleans.Kpl;

/// <summary>What a check found out about the way from this process to Kinesis.</summary>
public sealed record KplCheckReport
{
    /// <summary>The questions with their answers, in the order in which a producer depends on them.</summary>
    public required IReadOnlyList<KplCheckLine> Lines { get; init; }

    /// <summary>Whether no question failed. Questions that were not checked do not count.</summary>
    public bool IsHealthy => Lines.All(static line => line.Status != KplCheckStatus.Failed);

    /// <summary>Returns a line for each question.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Lines);
}
