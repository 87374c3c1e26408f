namespace Orleans.Kpl.Pipeline.Scaling.Policy;

/// <summary>A range that was split for its load, and how much that was: it is not put together again while the load is there.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="Utilisation">Its demand then, in shards.</param>
/// <param name="At">When.</param>
internal sealed record PastSplit(UInt128 Start, UInt128 End, double Utilisation, DateTimeOffset At);
