namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>What is wrong with one shard does not slow the others down.</summary>
public sealed class HealthyShardsTests(ITestOutputHelper output)
{
    private const int Rounds = 30;
    private const int Each = 40;

    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);

    public static TheoryData<string> Troubles => ["throttled", "record errors", "flooded", "large record"];

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Troubles))]
    public async Task Put_WhileOneShardIsInTrouble_TakesTheOtherShardsRecordsAsQuickly(string trouble)
    {
        await using var run = await FaultRun.StartAsync(
            configure: o => (o.RecordMaxBufferedTime, o.AggregationMaxCount, o.CollectionMaxCount) = (Linger, 1_000, 500),
            endpoint: o => o.LimitModel = LimitModel.Default);
        await run.LimitRecordsAsync(kibibytes: 10_240);
        await MeasureAsync(run, Rounds);
        var without = P99(await MeasureAsync(run, Rounds));

        var sick = await StartAsync(run, trouble);
        var with = P99(await MeasureAsync(run, Rounds));
        Assert.Contains(sick, s => !s.IsCompleted);
        run.Kinesis.Faults.Clear();

        output.WriteLine($"{trouble}: p99 of the healthy shards {without.TotalMilliseconds:F1} ms, {with.TotalMilliseconds:F1} ms with the trouble");
        Assert.True(with <= (1.5 * without) + Linger, $"{with} instead of {without}");
        Assert.All(await Task.WhenAll(sick), r => Assert.True(r.IsSuccess, r.ToString()));
    }

    /// <summary>Starts what is wrong with a shard, with records for it that have to wait.</summary>
    private static async Task<List<Task<RecordResult>>> StartAsync(FaultRun run, string trouble)
    {
        Fault? fault = trouble switch
        {
            "throttled" => new ThrottleShardFault { ShardId = FaultCase.SickShard },
            "record errors" => new RecordErrorFault { ShardId = FaultCase.SickShard },
            _ => null,
        };
        if (fault is not null)
            run.Kinesis.Faults.Add(fault);

        // What the shard takes in five seconds, as many small records or as two large ones; else a few that meet the fault.
        var (count, size) = trouble switch { "flooded" => (5_000, 1_000), "large record" => (2, 5 << 20), _ => (100, 1_000) };
        var range = run.Kinesis.Get(FaultRun.Stream).Shards.Single(s => s.ShardId == FaultCase.SickShard);
        var sick = new List<Task<RecordResult>>();
        for (var i = 0; i < count; i++)
        {
            var record = new UserRecord($"sick-{i}", new byte[size], ExplicitHashKey.Parse($"{range.StartingHashKey + (uint)i}"));
            sick.Add((await run.Producer.EnqueueAsync(FaultRun.Stream, record)).Delivery);
        }

        return sick;
    }

    /// <summary>Puts records for the healthy shards, round after round, and takes the time of each.</summary>
    private static async Task<List<TimeSpan>> MeasureAsync(FaultRun run, int rounds)
    {
        var healthy = run.Kinesis.Get(FaultRun.Stream).Shards.Where(s => s.ShardId != FaultCase.SickShard).ToList();
        var times = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            var puts = Enumerable.Range(0, Each).Select(i => TimedAsync(run, healthy[i % healthy.Count].StartingHashKey + (uint)i));
            times.AddRange(await Task.WhenAll(puts));
        }

        return times;
    }

    private static async Task<TimeSpan> TimedAsync(FaultRun run, UInt128 hashKey)
    {
        var start = TimeProvider.System.GetTimestamp();
        var result = await run.Producer.PutAsync(FaultRun.Stream, new UserRecord("healthy", new byte[100], ExplicitHashKey.Parse($"{hashKey}")));
        var took = TimeProvider.System.GetElapsedTime(start);
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Single(result.Attempts);
        return took;
    }

    private static TimeSpan P99(List<TimeSpan> times) => times.Order().ElementAt(times.Count * 99 / 100);
}
