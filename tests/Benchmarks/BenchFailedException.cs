namespace Orleans.Kpl.Benchmarks;

/// <summary>A bench that lost, doubled or misplaced records, or could not run: there is no figure then. Or one that missed a bar.</summary>
internal sealed class BenchFailedException(string message, Figures? figures = null) : Exception(message)
{
    /// <summary>What was measured, where a bar was missed; null where nothing was.</summary>
    public Figures? Figures { get; } = figures;
}
