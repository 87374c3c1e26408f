namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>The limits of one aggregate. A single user record above the size limit is still sent, alone.</summary>
/// <param name="MaxCount">The largest number of user records, at least 1 (KPL: AggregationMaxCount).</param>
/// <param name="MaxSize">
/// The largest size in bytes of the serialized aggregate, framing and trailer included, up to 10 MiB (KPL: AggregationMaxSize).
/// </param>
internal readonly record struct AggregationLimits(long MaxCount, int MaxSize)
{
    /// <summary>The largest size that can be set: 10 MiB, the largest record that Kinesis takes.</summary>
    public const int LargestMaxSize = 10 * 1024 * 1024;
}
