namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>The embedded producer with its defaults, but for a rate limit out of the way.</summary>
internal static class BenchProducer
{
    public static IKplProducer Create(Uri endpoint, Action<KplOptions>? configure = null)
    {
        var options = new KplOptions
        {
            Kinesis = { EndpointUrl = endpoint, Region = "us-east-1", AccessKeyId = "bench", SecretAccessKey = "bench" },
            RateLimit = 1_000_000_000,
        };
        configure?.Invoke(options);
        return KplProducer.Create(options);
    }
}
