namespace Orleans.Kpl.Benchmarks;

/// <summary>A bench that lost, doubled or misplaced records, or could not run: there is no figure then.</summary>
internal sealed class BenchFailedException(string message) : Exception(message);
