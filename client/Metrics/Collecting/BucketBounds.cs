namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The bounds of the buckets of histograms.</summary>
internal static class BucketBounds
{
    /// <summary>The number of buckets: one below each bound, and one above all.</summary>
    public const int Buckets = 14;

    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly double[] Bytes = [.. Enumerable.Range(0, 13).Select(static i => 64 * Math.Pow(4, i))];

    /// <summary>Those of times in milliseconds.</summary>
    public static double[] Milliseconds { get; } = [.. Seconds.Select(static s => s * 1_000)];

    /// <summary>Those of numbers.</summary>
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
