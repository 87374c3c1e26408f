using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>Statistics of values: sum, count, smallest and largest, and where there are bounds, how many lie below each.</summary>
internal struct ValueStatistics
{
    public double Sum;
    public long Count;
    public double Minimum;
    public double Maximum;

    /// <summary>How many values lie in each bucket; the last one is above all bounds. Null where there are no bounds, or no value yet.</summary>
    public long[]? Buckets;

    /// <summary>So many times one value.</summary>
    public static ValueStatistics Of(double value, long count = 1) => new() { Sum = value * count, Count = count, Minimum = value, Maximum = value };

    /// <summary>Adds one value, so many times.</summary>
    public void Add(double value, long count, double[]? bounds)
    {
        Add(value, count);
        if (bounds is not null)
            (Buckets ??= new long[bounds.Length + 1])[BucketBounds.Find(bounds, value)] += count;
    }

    /// <summary>Adds one value, so many times, to no bucket.</summary>
    public void Add(double value, long count)
    {
        if (Count == 0)
            (Minimum, Maximum) = (value, value);
        else if (value < Minimum)
            Minimum = value;
        else if (value > Maximum)
            Maximum = value;
        Sum += value * count;
        Count += count;
    }

    /// <summary>Adds values, each so many times. Neighbours are mostly near each other, so that their bucket is sought from the one before.</summary>
    public void Add(ReadOnlySpan<WeightedValue> values, Span<long> buckets, double[] bounds)
    {
        var (smallest, largest) = Count == 0 ? (values[0].Value, values[0].Value) : (Minimum, Maximum);
        var (sum, count, bucket) = (Sum, Count, 0);
        foreach (ref readonly var weighted in values)
        {
            var value = weighted.Value;
            smallest = value < smallest ? value : smallest;
            largest = value > largest ? value : largest;
            sum += value * weighted.Count;
            count += weighted.Count;
            while (bucket > 0 && value <= bounds[bucket - 1])
                bucket--;
            while (bucket < bounds.Length && value > bounds[bucket])
                bucket++;
            buckets[bucket] += weighted.Count;
        }

        (Minimum, Maximum, Sum, Count) = (smallest, largest, sum, count);
    }

    /// <summary>Adds what became of other values.</summary>
    public void Add(in ValueStatistics other)
    {
        if (other.Count == 0)
            return;
        (Minimum, Maximum) = Count == 0
            ? (other.Minimum, other.Maximum)
            : (Math.Min(Minimum, other.Minimum), Math.Max(Maximum, other.Maximum));
        Sum += other.Sum;
        Count += other.Count;
        if (other.Buckets is not { } buckets)
            return;
        Buckets ??= new long[buckets.Length];
        for (var i = 0; i < buckets.Length; i++)
            Buckets[i] += buckets[i];
    }

    /// <summary>Returns what there is, and begins again.</summary>
    public ValueStatistics Take()
    {
        var taken = this;
        this = default;
        return taken;
    }

    /// <summary>Returns a copy with buckets of its own.</summary>
    public readonly ValueStatistics Copy()
    {
        var copy = this;
        copy.Buckets = (long[]?)Buckets?.Clone();
        return copy;
    }
}

/// <summary>The bounds of the buckets of histograms.</summary>
internal static class BucketBounds
{
    /// <summary>The number of buckets: one below each bound, and one above all.</summary>
    public const int Buckets = 14;

    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly double[] Bytes = [.. Enumerable.Range(0, 13).Select(static i => 64 * Math.Pow(4, i))];

    /// <summary>The bounds of times in milliseconds.</summary>
    public static double[] Milliseconds { get; } = [.. Seconds.Select(static s => s * 1_000)];

    /// <summary>The bounds of numbers.</summary>
    public static double[] Numbers { get; } = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

    /// <summary>Returns those of a unit in UCUM.</summary>
    public static double[] For(string? unit) => unit switch
    {
        "s" => Seconds,
        "ms" => Milliseconds,
        "By" => Bytes,
        _ => Numbers,
    };

    /// <summary>Returns the place of the bucket of a value.</summary>
    public static int Find(double[] bounds, double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
            bucket++;
        return bucket;
    }
}
