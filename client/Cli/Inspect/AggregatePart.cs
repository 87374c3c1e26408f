namespace Orleans.Kpl.Cli.Inspect;

/// <summary>Some bytes of an aggregate and what they say.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="Length">How many.</param>
/// <param name="Depth">0 for what stands in the payload itself, 1 for what stands in a record of it.</param>
/// <param name="Meaning">What they say, for people.</param>
internal readonly record struct AggregatePart(int Start, int Length, int Depth, string Meaning);
