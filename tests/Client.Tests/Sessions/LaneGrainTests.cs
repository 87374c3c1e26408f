namespace Orleans.Kpl.Client.Tests.Sessions;

/// <summary>What a lane is to Orleans.</summary>
public sealed class LaneGrainTests
{
    /// <summary>
    /// Each had an activation for every processor, kept for a quarter of an hour and looked at twice a second. A client that put once in half a minute had two
    /// hundred lanes in three silos.
    /// </summary>
    [Fact]
    public async Task ALane_IsOneActivation_ThatNothingLooksAt_AndGoesSoon()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, shards: 1);
        var grains = tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<IClusterManifestProvider>().LocalGrainManifest.Grains;

        var lane = grains[GrainType.Create("kpl-lane")].Properties;

        Assert.Equal(("1", "False", "00:02:00"), (lane["max-local-instances"], lane["remove-idle-workers"], lane["idle-duration"]));
    }
}
