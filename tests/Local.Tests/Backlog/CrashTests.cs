using System.Globalization;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

/// <summary>kill -9 of the process at random points, under load with <c>ack=persisted</c>.</summary>
public sealed class CrashTests
{
    private const int Clients = 4;
    private const int Batch = 25;

    /// <summary>
    /// How long before a kill a record may have been delivered that comes again afterwards: progress is saved at most every 200 ms, and what
    /// was in flight, and a machine that is shared.
    /// </summary>
    private static readonly TimeSpan Unsaved = TimeSpan.FromSeconds(1);

    [PosixFact]
    public Task Kill_AtFourPointsUnderLoad_LosesNothingAcknowledged() => RunAsync(points: 4, seed: 7, longestLife: 2_000);

    /// <summary>And what comes twice was delivered shortly before a kill.</summary>
    [PosixFact]
    [Trait("Category", "Long")]
    public async Task Kill_AtTwoHundredPointsUnderLoad_LosesNothingAcknowledged() =>
        Assert.InRange(await RunAsync(points: 200, seed: 11, longestLife: 1_000), TimeSpan.Zero, Unsaved);

    /// <summary>
    /// Killed while Kinesis was away all the time, the next process has everything to deliver, and nobody calls it. What the last one left waits: a person
    /// must not read that nothing does.
    /// </summary>
    [PosixFact]
    public async Task Kill_WhileKinesisIsAway_TellsAfterTheRestartWhatWaits_AndDeliversItWithoutACall()
    {
        await using var run = await BacklogTier.StartAsync();
        var outage = run.Kinesis.Faults.Add(new OutageFault());
        Assert.Equal(Enumerable.Repeat("persisted", 100), await run.PutAsync(100));
        await run.KillAsync();

        await run.StartTierAsync();
        Assert.Equal(100, (await run.BacklogAsync(static b => b.GetProperty("records").GetInt64() > 0)).GetProperty("records").GetInt64());
        var health = await run.Tier.GetAsync("/health");
        Assert.Equal(100, health.GetProperty("backlog_records").GetInt64());
        await Waiting.UntilAsync(async () => (health = await run.Tier.GetAsync("/health")).GetProperty("degraded").GetBoolean());
        Assert.Contains(", 100 records wait", health.GetProperty("condition").GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Empty(run.Seen());
        run.Kinesis.Faults.Remove(outage);

        await run.EmptyAsync();
        Assert.All(run.CheckNothingIsLost(), static copies => Assert.Single(copies));
        await run.BooksAsync(accepted: 100, delivered: 100);
    }

    /// <summary>The longest time between a delivery that was not saved and its kill.</summary>
    private static async Task<TimeSpan> RunAsync(int points, int seed, int longestLife)
    {
        var random = new Random(seed);
        await using var run = await BacklogTier.StartAsync();
        var kills = new List<DateTimeOffset>();
        for (var point = 0; point < points; point++)
        {
            // Every third time Kinesis is away meanwhile, so that segments are of all kinds: under way, delivered in part, not at all.
            if (point % 3 == 2)
                run.Kinesis.Faults.Add(new OutageFault { For = TimeSpan.FromMilliseconds(random.Next(50, 600)) });
            using var stop = new CancellationTokenSource();
            var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(() => run.LoadAsync(Batch, stop.Token))).ToList();
            await run.AnswerAsync();
            await Task.Delay(random.Next(0, longestLife), TestContext.Current.CancellationToken);

            kills.Add(DateTimeOffset.UtcNow);
            await run.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
            await run.StartTierAsync();
        }

        await run.ReplayedAsync([.. run.Acknowledged]);
        var (code, drained) = await run.StopAsync();

        Assert.Equal(0, code);
        Assert.Contains(" failed=0 backlog=0 ", drained, StringComparison.Ordinal);
        Assert.Empty(run.Failed);
        Assert.True(run.Acknowledged.Count > points * Batch, $"{run.Acknowledged.Count} records are no load");
        var duplicates = run.CheckNothingIsLost().Where(static copies => copies.Count() > 1).ToList();
        // Each copy but the first came after a kill; the one before it was not saved as delivered by then.
        Assert.All(duplicates, copies => Assert.All(copies.Select(static c => c.ArrivedAt).Order().Skip(1), later => Assert.Contains(kills, k => k <= later)));
        var unsaved = duplicates.SelectMany(copies =>
        {
            var times = copies.Select(static c => c.ArrivedAt).Order().ToList();
            return times.Zip(times.Skip(1), (former, later) => kills.Where(k => k <= later).Select(k => (k - former).Duration())
                .DefaultIfEmpty(TimeSpan.MaxValue).Min());
        }).DefaultIfEmpty().Max();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{points} kills: {run.Acknowledged.Count} records acknowledged, 0 missing, {duplicates.Count} came more than once, the first at most {unsaved.TotalMilliseconds:0} ms before a kill"));
        return unsaved;
    }
}
