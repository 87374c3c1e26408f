namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>What an aggregate may hold at most. A user record that alone is over the size still goes, alone.</summary>
/// <param name="MaxCount">User records, at least 1 (KPL: AggregationMaxCount).</param>
/// <param name="MaxSize">Bytes of the serialized aggregate, framing and trailer included, up to 10 MiB (KPL: AggregationMaxSize).</param>
internal readonly record struct AggregationLimits(long MaxCount, int MaxSize)
{
    /// <summary>The greatest size there is: 10 MiB, the greatest record that Kinesis takes.</summary>
    public const int LargestMaxSize = 10 * 1024 * 1024;
}
