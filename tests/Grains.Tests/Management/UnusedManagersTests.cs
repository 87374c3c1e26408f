using Orleans.Kpl.Grains.Management;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>Managers had no end: each name that anybody had ever put to, or asked about, kept one until its silo ended.</summary>
/// <remarks>Tests <see cref="StreamManagerGrain"/>.</remarks>
public sealed class UnusedManagersTests
{
    [Fact]
    public async Task AManager_OfANameWithoutAStream_EndsWhenItIsNotCalled_AndThatOfAStreamStays()
    {
        await using var tier = await Tier.StartAsync(silos: 1, shards: 2);
        var puts = await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(10));
        Assert.All(puts, static r => Assert.True(r.IsSuccess));
        var madeUp = tier.Cluster.Client.GetGrain<IStreamManager>("made-up");
        var refused = await tier.Front(0).PutAsync("made-up", Tier.Records(1));
        Assert.All(refused, static r => Assert.Equal(RecordErrorCodes.ResourceNotFound, r.ErrorCode));
        await Assert.ThrowsAsync<StreamManagerException>(madeUp.RefreshShards);
        var management = tier.Cluster.Client.GetGrain<IManagementGrain>(0);
        Assert.NotNull(await management.GetActivationAddress(madeUp));

        await Waiting.UntilAsync(async () =>
        {
            await management.ForceActivationCollection(TimeSpan.Zero);
            return await management.GetActivationAddress(madeUp) is null;
        });
        Assert.NotNull(await management.GetActivationAddress(tier.Manager));
        // The next question has a manager again.
        await Assert.ThrowsAsync<StreamManagerException>(madeUp.RefreshShards);
    }
}
