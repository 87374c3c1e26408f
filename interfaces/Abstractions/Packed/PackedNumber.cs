namespace Orleans.Kpl.Packed;

/// <summary>A producer number as packed records carry it.</summary>
/// <param name="Producer">The producer.</param>
/// <param name="Line">Its line; never 0.</param>
/// <param name="Number">The number in that line.</param>
internal readonly record struct PackedNumber(ulong Producer, int Line, long Number)
{
    /// <summary>The size of one in bytes.</summary>
    public const int Bytes = sizeof(ulong) + sizeof(int) + sizeof(long);
}
