namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>The embedded producer with its defaults, but for a rate limit out of the way.</summary>
internal static class BenchProducer
{
    /// <summary>The highest <see cref="StreamOptions.RateLimit"/>: no shard ever waits for tokens.</summary>
    public const long NoLimit = 1_000_000_000;

    public static IKplProducer Create(Uri endpoint, Action<KplOptions>? configure = null)
    {
        var options = new KplOptions
        {
            Kinesis = { EndpointUrl = endpoint, Region = "us-east-1", AccessKeyId = "bench", SecretAccessKey = "bench" },
            RateLimit = NoLimit,
        };
        configure?.Invoke(options);
        return KplProducer.Create(options);
    }
}
