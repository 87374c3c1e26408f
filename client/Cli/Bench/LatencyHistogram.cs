using System.Numerics;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Counts latencies in microseconds, to within 1 %, in a fixed number of buckets.</summary>
internal sealed class LatencyHistogram
{
    /// <summary>The buckets per power of two; below this number each value has a bucket of its own.</summary>
    private const int Cuts = 128;

    private readonly long[] _buckets = new long[Cuts * 58];

    /// <summary>How many were counted.</summary>
    public long Count { get; private set; }

    /// <summary>Returns the bucket of a latency, for records that share one.</summary>
    public static int BucketOf(TimeSpan latency) => IndexOf(Math.Max(0, latency.Ticks / TimeSpan.TicksPerMicrosecond));

    /// <summary>Counts a latency in its bucket.</summary>
    public void AddAt(int bucket)
    {
        _buckets[bucket]++;
        Count++;
    }

    /// <summary>Returns the latency in milliseconds that the given share of all latencies did not exceed; 0 if nothing was counted.</summary>
    public double Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var i = 0; i < _buckets.Length && rank > 0; i++)
        {
            seen += _buckets[i];
            if (seen >= rank)
                return ValueOf(i) / 1000;
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        if (value < Cuts)
            return (int)value;
        var shift = BitOperations.Log2((ulong)value) - 7;
        return (shift + 1) * Cuts + (int)(value >> shift) - Cuts;
    }

    /// <summary>Returns the middle of a bucket.</summary>
    private static double ValueOf(int index)
    {
        if (index < Cuts)
            return index;
        var shift = index / Cuts - 1;
        var low = (long)(index % Cuts + Cuts) << shift;
        return low + ((1L << shift) - 1) / 2.0;
    }
}
