namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>Puts a record of one shard again and again, without waiting for the one before, until one is delivered.</summary>
internal static class ShardProbe
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    /// <summary>When the first was delivered, in ticks of <see cref="Stopwatch"/>.</summary>
    public static async Task<long> FirstDeliveredAsync(SiloProcess front, UInt128 hashKey)
    {
        var first = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = new PeriodicTimer(Period);
        var puts = new List<Task>();
        var since = Stopwatch.GetTimestamp();
        while (!first.Task.IsCompleted)
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < Waiting.Long, $"nothing of the shard at {hashKey} was delivered; the front's log: {front.Log}");
            puts.Add(PutAsync());
            await Task.WhenAny(first.Task, timer.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask());
        }

        await Task.WhenAll(puts).WaitAsync(Waiting.Long);
        return await first.Task;

        async Task PutAsync()
        {
            var (status, _) = await front.PostAsync("/events/confirmed", $$"""{"partition_key":"probe","payload":1,"explicit_hash_key":"{{hashKey}}"}""");
            if (status == 200)
                first.TrySetResult(Stopwatch.GetTimestamp());
        }
    }
}
