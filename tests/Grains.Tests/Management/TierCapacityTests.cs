using System.Collections.Concurrent;
using System.Net;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <remarks>Tests <see cref="Grains.Management.StreamManagerGrain"/> and <see cref="Silos.Management.ManagerActivator"/>.</remarks>
public sealed class TierCapacityTests
{
    [Fact]
    public async Task WarmForAWhile_WhenTheManagersSiloIsKilled_IsSetBackInTimeByAnother()
    {
        var times = new ConcurrentDictionary<string, FakeTimeProvider>();
        await using var tier = await Tier.StartAsync(silos: 3, shards: 2, also: silo => silo.ConfigureServices(
            services => services.AddSingleton(new AdminTime(name => times.GetOrAdd(name, static _ => new FakeTimeProvider())))));
        using var http = new HttpClient { BaseAddress = tier.Server.Url };
        var (status, text) = await http.CallKinesisAsync("UpdateAccountSettings", """{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}""");
        Assert.True(status == HttpStatusCode.OK, text);
        await tier.Manager.ChangeCapacity(new() { OnDemand = true });
        await tier.ActiveAsync();
        var plan = await tier.Manager.ChangeCapacity(new() { WarmMiBPerSecond = 200, For = TimeSpan.FromHours(2) });
        await tier.ActiveAsync();
        Assert.Equal((200, 0), ((await tier.Manager.GetCapacity()).WarmMiBPerSecond, plan.After.WarmAfterwardsMiBPerSecond));

        var holder = await tier.ManagerSiloAsync();
        var lost = holder.ServiceProvider.GetRequiredService<Orleans.Runtime.ILocalSiloDetails>().Name;
        await tier.Cluster.KillSiloAsync(holder);
        StreamOperation[] history = [];
        await Waiting.UntilAsync(async () =>
        {
            foreach (var (_, time) in times.Where(t => t.Key != lost && t.Value.ArmedTimers > 0))
                time.Advance(TimeSpan.FromSeconds(20));
            return (history = await SiloLoss.TryAsync(() => tier.Manager.GetHistory()) ?? []).Length == 3;
        });

        Assert.Equal("The warm throughput was set back from 200 to 0 MiB/s.", history[0].Reason);
        Assert.Null((await tier.Manager.GetCapacity()).WarmMiBPerSecond);
    }
}
