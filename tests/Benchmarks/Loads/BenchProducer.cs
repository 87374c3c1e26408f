using System.Diagnostics;

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

    /// <summary>Uses a stream until each of its shards has taken a record.</summary>
    public static async Task UseAsync(IKplProducer producer, RecordSet records, string stream)
    {
        var touched = new HashSet<string>();
        for (var batch = 0L; touched.Count < BenchStream.ShardsOf(stream); batch++)
            touched.UnionWith((await producer.PutAsync(stream, records.Batch(batch), PutOptions.WithoutLinger)).Select(static r => r.EnsureSuccess().ShardId!));
    }

    /// <summary>Looks at every result of a batch and lets go of it; how many failed.</summary>
    public static int Observe(EnqueuedBatch batch)
    {
        var failed = 0;
        foreach (ref readonly var result in batch.Results)
        {
            if (!result.IsSuccess)
                failed++;
        }

        batch.Dispose();
        return failed;
    }

    /// <summary>The instants of a steady load: waits until each is there, and gives its number and when it was due.</summary>
    public static async IAsyncEnumerable<(int Number, long Due)> TicksAsync(TimeSpan every, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        for (var number = 0; number * every < time; number++)
        {
            var wait = (number * every) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            yield return (number, start + (long)((number * every).TotalSeconds * Stopwatch.Frequency));
        }
    }
}
