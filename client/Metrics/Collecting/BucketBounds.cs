namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The bounds of the buckets of histograms.</summary>
internal static class BucketBounds
{
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly double[] Milliseconds = [.. Seconds.Select(static s => s * 1_000)];
    private static readonly double[] Numbers = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
    private static readonly double[] Bytes = [.. Enumerable.Range(0, 13).Select(static i => 64 * Math.Pow(4, i))];

    /// <summary>Returns those of a unit in UCUM.</summary>
    public static double[] For(string? unit) => unit switch
    {
        "s" => Seconds,
        "ms" => Milliseconds,
        "By" => Bytes,
        _ => Numbers,
    };
}
