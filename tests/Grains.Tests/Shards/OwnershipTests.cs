using Microsoft.Extensions.Logging;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>Who owns what while a grain is activated.</summary>
/// <remarks>Tests <see cref="Grains.Shards.ShardGrain"/>.</remarks>
public sealed class OwnershipTests
{
    /// <summary>
    /// A shard that is over is released as soon as it is opened. Orleans does not deactivate a grain that has not become active: the shard stayed, and a
    /// silo that was asked to stop waited for it until its time was over.
    /// </summary>
    [Fact]
    public async Task AShardThatIsReleasedWhileItsGrainIsActivated_IsClosed()
    {
        var log = new CapturedLog();
        await using var tier = await Tier.StartAsync(silos: 1, shards: 1, also: silo => silo.ConfigureServices(services => services
            .AddSingleton<ILoggerProvider>(log)
            .Configure<LoggerFilterOptions>(static o => o.Rules.Add(new LoggerFilterRule(null, typeof(HostedShard).FullName, LogLevel.Debug, null)))));
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Record(0));
        var (hosted, key) = (tier.Node(0).Hosted, new ShardKey(Tier.Stream, "shardId-000000000100"));
        var isReleased = false;
        log.OnLine = entry =>
        {
            if (isReleased || !entry.Line.EndsWith(" is served here", StringComparison.Ordinal))
                return;
            isReleased = true;
            hosted.Release(key);
        };
        await tier.Cluster.Client.GetGrain<IShardGrain>(key.ToString()).Locate();

        Assert.True(isReleased);
        // A look at what is hosted may come when the call that ends the grain has opened the shard once more.
        await Waiting.UntilAsync(() => log.Texts.Any(static l => l.Contains(" is served here no more", StringComparison.Ordinal)));
    }
}
