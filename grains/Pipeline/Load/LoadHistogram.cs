using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// How a shard's bytes are spread over its range: equal parts, each with its weight. Older weights decay by the minute. Not thread-safe.
/// </summary>
internal sealed class LoadHistogram
{
    /// <summary>The number of parts of a shard's range.</summary>
    public const int Buckets = 64;

    private readonly double[] _weights = new double[Buckets];
    private readonly UInt128 _start;
    private readonly double _bucketsPerKey;

    public LoadHistogram(ShardRange range)
    {
        _start = range.StartingHashKey;
        _bucketsPerKey = Buckets / ((double)(range.EndingHashKey - range.StartingHashKey) + 1);
    }

    public void Add(UInt128 hashKey, double weight) =>
        _weights[Math.Min((int)((double)(hashKey - _start) * _bucketsPerKey), Buckets - 1)] += weight;

    /// <summary>Multiplies all observed weights.</summary>
    public void Fade(double factor)
    {
        foreach (ref var weight in _weights.AsSpan())
            weight *= factor;
    }

    public double[] ToArray() => [.. _weights];

    /// <summary>Spreads the whole weight evenly over the buckets.</summary>
    public double[] ToEvenArray()
    {
        var even = new double[Buckets];
        Array.Fill(even, _weights.Sum() / Buckets);
        return even;
    }
}
