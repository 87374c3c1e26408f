using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Producer.Tests.Faults;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Tests.Backlog;

namespace Orleans.Kpl.Grains.Tests.Backlog;

/// <summary>The wall clocks of single silos jump by ten minutes under load: everything that waits, ends or is owned goes by monotonic time.</summary>
public sealed class ClockJumpTests
{
    private const int Shards = 4;
    private const int RatePercent = 25;

    /// <summary>Which silo's clock jumps, and by how many minutes.</summary>
    private static readonly (int Silo, int Minutes)[] Jumps = [(0, 10), (1, -10), (0, -20), (1, 20)];

    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    private readonly ConcurrentDictionary<string, JumpingTime> _clocks = new(StringComparer.Ordinal);

    [Fact]
    public async Task Clocks_ThatJumpUnderLoad_LoseNothingEndNothingAndKeepTheRate()
    {
        await using var tier = await Tier.StartAsync(
            silos: 2, shards: Shards, backlog: new SharedStores(), time: ClockOf,
            configure: o => (o.RateLimit, o.MaxOutstandingBytes, o.AdaptiveRate) = (RatePercent, 1 << 20, false));
        var since = Stopwatch.GetTimestamp();
        TierLoad[] loads = [new(tier.Front(0), 0, options: Persisted), new(tier.Front(1), 10_000_000, options: Persisted),
            new(tier.Front(1), 20_000_000, batch: 2_000)];
        await GoOnAsync();
        foreach (var jump in Jumps)
        {
            Jump(tier, jump);
            await GoOnAsync();
        }

        foreach (var load in loads)
            await load.StopAsync();
        var puts = loads.Sum(static l => l.Records.Count);
        await Waiting.UntilAsync(async () => (await tier.Manager.GetLedger()).Delivered == puts);
        var elapsed = Stopwatch.GetElapsedTime(since);

        Assert.Equal(new StreamLedger(puts, puts, 0, 0, 0, 0, 0), await tier.Manager.GetLedger());
        Assert.All(loads.SelectMany(static l => l.Results), static r => Assert.True(r.IsSuccess, r.ToString()));
        var seen = ConsumerView.Of(tier.Server.Kinesis, Tier.Stream).Where(static s => s.Visible).Select(static s => s.Key).ToHashSet();
        Assert.Subset(seen, loads.SelectMany(static l => l.Records).Select(static r => r.PartitionKey).ToHashSet());
        Assert.Empty((await tier.Manager.GetLedgerReport()).NotCovered);
        // What its shards take in that time; at the start, and as a debt at the end, each has an aggregate or two more.
        var most = Shards * (RatePercent / 100.0 * (1 << 20) * elapsed.TotalSeconds + 4 * 51_200);
        Assert.InRange(tier.Server.Kinesis.GetApplied(Tier.Stream).Sum(static r => (long)r.Data.Length), 1, most);

        async Task GoOnAsync()
        {
            foreach (var load in loads)
                await load.EndedAsync(2_000);
        }
    }

    [Fact]
    public async Task Clocks_ThatJumpUnderOrderedLoad_TakeNoShardFromAnybody()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: Shards, time: ClockOf, configure: static o => o.Ordered = OrderedMode.PutRecords);
        OrderedTierLoad[] loads = [new(tier.Front(0), "first-"), new(tier.Front(1), "second-")];
        await GoOnAsync();
        await Waiting.UntilAsync(() => tier.HostedShards().Sum() == Shards);
        var epochs = Epochs();
        Assert.Equal(Shards, epochs.Count(static e => e > 0));
        foreach (var jump in Jumps)
        {
            Jump(tier, jump);
            await GoOnAsync();
        }

        foreach (var load in loads)
            await load.StopAsync();
        Assert.Equal(epochs, Epochs());
        foreach (var load in loads)
        {
            Assert.All(load.Told, static r => Assert.True(r.IsSuccess, r.ToString()));
            load.AssertInOrder(tier.Server.Kinesis);
        }

        async Task GoOnAsync()
        {
            foreach (var load in loads)
                await load.EndedAsync(10);
        }

        List<long> Epochs() =>
        [
            .. from silo in tier.Cluster.Silos
               let held = silo.ServiceProvider.GetRequiredService<SiloNode>().Epochs
               from shard in tier.Server.Kinesis.Get(Tier.Stream).Shards
               select held.EpochOf(new ShardKey(Tier.Stream, shard.ShardId)),
        ];
    }

    private JumpingTime ClockOf(string silo) => _clocks.GetOrAdd(silo, static _ => new JumpingTime());

    private void Jump(Tier tier, (int Silo, int Minutes) jump) => _clocks[tier.Cluster.Silos[jump.Silo].Name].Jump(TimeSpan.FromMinutes(jump.Minutes));
}
