using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Grains.Tests.Tiers;

public sealed class TableCheckTests
{
    /// <summary>Silos that create no tables, as those of the chart, gave up after five tries: within seconds, where others waited for two minutes.</summary>
    [Fact]
    public async Task Start_WhileDynamoDbIsAway_WaitsForItAsTheMembersDo()
    {
        using var dead = new DeadEndpoint();
        var (time, log, starts) = (new FakeTimeProvider(), new CapturedLog(), new StagedLifecycle());
        new TableCheck(new KplDynamoDbOptions { ServiceUrl = dead.Url }, time, new MembersLog(log, "kpl-silos")).Participate(starts);
        var starting = starts.StartAsync();
        while (!starting.IsCompleted)
        {
            await Waiting.UntilAsync(() => time.ArmedTimers > 0 || starting.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(20));
        }

        var failed = await Assert.ThrowsAsync<StateStoreException>(() => starting);
        Assert.StartsWith("The cluster's tables cannot be looked for: table kpl-silos: ", failed.Message, StringComparison.Ordinal);
        Assert.True(time.GetUtcNow() >= FakeTimeProvider.Start.AddMinutes(2));
        Assert.EndsWith("; the silo cannot join before that works", Assert.Single(log.Texts), StringComparison.Ordinal);
    }
}
