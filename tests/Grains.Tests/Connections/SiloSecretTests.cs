using Orleans.Kpl.Grains.Guarding;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Grains.Tests.Connections;

public sealed class SiloSecretTests
{
    /// <summary>HTTP answered administration with 500, which says that the silo is broken, and not with 503.</summary>
    [Fact]
    public async Task Get_WhileTheRowsAreAway_SaysThatTheStateIsUnavailable_AndAsksAgain()
    {
        var isAway = true;
        var secret = new SiloSecret(new FailingRows { OnRead = (_, _) => isAway ? new StateStoreException("no answer") : null });

        var error = await Assert.ThrowsAsync<StreamManagerException>(() => secret.GetAsync().AsTask());
        Assert.Equal((StreamManagerErrorCodes.StateUnavailable, "the silos' secret cannot be read now: no answer"), (error.Code, error.Message));

        isAway = false;
        Assert.True(await secret.IsSameAsync(await secret.GetAsync()));
    }
}
