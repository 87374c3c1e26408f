namespace Orleans.Kpl;

/// <summary>Something that happened to an operation.</summary>
/// <param name="At">When.</param>
/// <param name="Step">In which step, from 1.</param>
/// <param name="Text">What, and why.</param>
public sealed record OperationEvent(DateTimeOffset At, int Step, string Text);
