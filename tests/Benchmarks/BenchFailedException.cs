namespace Orleans.Kpl.Benchmarks;

/// <summary>A bench that lost, doubled or misplaced records, or could not run: there is no figure then.</summary>
internal sealed class BenchFailedException(string message) : Exception(message);

/// <summary>Something that a bench needs is not here; the message names it.</summary>
internal sealed class BenchMissingException(string message) : Exception(message);
