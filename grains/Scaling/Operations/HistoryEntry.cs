namespace Orleans.Kpl.Scaling.Operations;

/// <summary>Something that happened to an operation.</summary>
/// <param name="At">When.</param>
/// <param name="Step">In which step, from 0.</param>
/// <param name="Text">What, and why.</param>
internal sealed record HistoryEntry(DateTimeOffset At, int Step, string Text);
