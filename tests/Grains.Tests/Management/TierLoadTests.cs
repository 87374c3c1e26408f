using Orleans.Kpl.Scaling.Heat;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>The sums of a stream's load outlive the silo that has its manager.</summary>
/// <remarks>Tests <see cref="LoadReader"/> in a tier.</remarks>
public sealed class TierLoadTests
{
    [Fact]
    public async Task Load_WhenTheManagersSiloLeaves_GoesOnAtTheNextManager()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var tier = await Tier.StartAsync(silos: 2, shards: 2);
        var hour = new LoadSum { From = new DateTimeOffset(DateTime.UtcNow.Date.AddHours(-5), TimeSpan.Zero), Minutes = 60, UserRecords = 7 };
        var kept = new KeptLoad(KeptLoad.Current, hour.From.AddHours(1), new KeptHeat([], []), [hour]);
        await tier.Rows.WriteAsync(KeptLoad.Kind, Tier.Stream, 0, kept.ToText(), stop);
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(10));
        var load = await tier.Manager.GetLoad();
        Assert.Equal((2, false, hour), (load.OpenShards, load.OnDemand, load.Hours[0]));

        await tier.Cluster.StopSiloAsync(await tier.ManagerSiloAsync());

        var row = (await tier.Rows.ReadAsync(KeptLoad.Kind, Tier.Stream, stop))!;
        Assert.Equal((2, true), (row.Version, KeptLoad.FromText(row.Text).Until > kept.Until));
        Assert.Equal(hour, (await tier.Manager.GetLoad()).Hours[0]);
    }
}
