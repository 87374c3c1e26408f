namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>Whose a caller in line is.</summary>
/// <param name="Identity">The identity that puts; null for callers of the process itself.</param>
/// <param name="Stream">The stream, where callers of several stand in one line; else null.</param>
internal readonly record struct LineKey(string? Identity, object? Stream = null);
