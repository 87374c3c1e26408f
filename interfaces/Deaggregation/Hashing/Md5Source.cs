namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>A message in memory that does not move.</summary>
internal readonly unsafe struct Md5Source(byte* start, int length)
{
    public readonly byte* Start = start;
    public readonly int Length = length;
}
