namespace Orleans.Kpl.Cli.Inspect;

/// <summary>A range of bytes in an aggregate and its meaning.</summary>
/// <param name="Start">The position of the first byte.</param>
/// <param name="Length">The number of bytes.</param>
/// <param name="Depth">0 for a part of the payload itself, 1 for a part of a record in it.</param>
/// <param name="Meaning">The meaning of the bytes, for people.</param>
internal readonly record struct AggregatePart(int Start, int Length, int Depth, string Meaning);
