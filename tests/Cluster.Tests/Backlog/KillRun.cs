namespace Orleans.Kpl.Cluster.Tests.Backlog;

/// <summary>
/// Silos of one cluster that are each killed at random points under load and replaced, several at a time: while others start, take over, or are
/// killed themselves. At any time at least half of them live.
/// </summary>
internal sealed class KillRun(SiloCluster cluster, string stream, int kills, int seed)
{
    private const int Batch = 20;
    private const int AtOnce = 4;
    private const int LongestLifeMs = 1_000;

    /// <summary>So that what piles up over all kills can be read back in seconds.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    /// <summary>What was put so shortly before its silo was killed may have been in flight, or delivered and not yet marked as such.</summary>
    private static readonly TimeSpan OfTheKilled = TimeSpan.FromSeconds(2);

    /// <summary>What others put so shortly before may have been at the silo that was killed, whose answer never came.</summary>
    private static readonly TimeSpan OfOthers = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<(ClusterLoad Load, long KilledAt)> _ended = [];
    private readonly List<SiloProcess> _living = [];
    private readonly List<(ClusterLoad Load, IReadOnlyList<ToldRecord> Told)> _told = [];
    private int _begun;

    /// <summary>How many were killed.</summary>
    public int Kills
    {
        get
        {
            lock (_lock)
                return _ended.Count(static e => e.KilledAt != long.MaxValue);
        }
    }

    public TimeSpan Took { get; private set; }

    public IEnumerable<SiloProcess> Living => _living;

    /// <summary>What callers were told of every record.</summary>
    public IReadOnlyList<ToldRecord> Told => [.. _told.SelectMany(static t => t.Told)];

    /// <summary>Runs it to the end: as many silos live then as in the beginning.</summary>
    public async Task RunAsync(int silos)
    {
        var clock = Stopwatch.StartNew();
        using var mayDie = new SemaphoreSlim(silos / 2);
        var first = await cluster.StartSilosAsync(silos);
        await Task.WhenAll(first.Select((silo, i) => LiveAsync(silo, mayDie, new Random(seed + i))));
        foreach (var (load, _) in _ended)
            _told.Add((load, await load.StopAsync()));
        Took = clock.Elapsed;
    }

    /// <summary>Records that a kill may have left in Kinesis without anybody knowing.</summary>
    public int CountInFlight() => _told.Sum(t => t.Told.Count(record => _ended.Any(
        e => record.PutAt <= e.KilledAt && record.PutAt >= e.KilledAt - Ticks(ReferenceEquals(e.Load, t.Load) ? OfTheKilled : OfOthers))));

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>One silo, and those that come in its place.</summary>
    private async Task LiveAsync(SiloProcess silo, SemaphoreSlim mayDie, Random random)
    {
        while (true)
        {
            var load = HttpLoad.Start(silo, stream, AtOnce, Batch, ack: "persisted", Pace);
            await load.DeliveredAsync(Batch * AtOnce);
            if (Interlocked.Increment(ref _begun) > kills)
            {
                Ended(load, long.MaxValue);
                lock (_lock)
                    _living.Add(silo);
                return;
            }

            await mayDie.WaitAsync(TestContext.Current.CancellationToken);
            await Task.Delay(random.Next(LongestLifeMs), TestContext.Current.CancellationToken);
            Ended(load, Stopwatch.GetTimestamp());
            await silo.KillAsync();
            silo = await cluster.StartSiloAsync();
            mayDie.Release();
            if (Kills % 20 == 0)
                TestContext.Current.TestOutputHelper?.WriteLine($"{Kills} of {kills} killed");
        }
    }

    private void Ended(ClusterLoad load, long killedAt)
    {
        lock (_lock)
            _ended.Add((load, killedAt));
    }
}
