namespace Orleans.Kpl.Benchmarks;

/// <summary>Something that a bench needs is not here; the message names it.</summary>
internal sealed class BenchMissingException(string message) : Exception(message);
