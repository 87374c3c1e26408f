using System.Net;
using Orleans.Kpl.Host.Clustering;

namespace Orleans.Kpl.Host.Tests.Clustering;

public sealed class OwnAddressTests
{
    /// <summary>As text docker0's address came first, which every machine with Docker has: silos of two machines killed each other.</summary>
    [Fact]
    public void Choose_WhereOneNetworkHasAGateway_TakesItAlone()
    {
        var chosen = OwnAddress.Choose([Of("docker0", "172.17.0.1"), Of("eth0", "192.168.1.7", true), Of("eth0", "fd00::2", true), Of("br0", "10.0.3.1")]);
        Assert.Equal([Of("eth0", "192.168.1.7", true)], chosen);
        Assert.Null(SiloEndpoints.WarningOf(chosen));
    }

    [Fact]
    public void Choose_WithoutAnyGateway_TakesWhatThereIs() =>
        Assert.Equal([Of("eth1", "10.0.0.2")], OwnAddress.Choose([Of("eth1", "10.0.0.2"), Of("eth2", "169.254.1.1"), Of("lo", "127.0.0.1")]));

    [Fact]
    public void Choose_WhereSeveralRemain_NamesThemAndTheOneTaken()
    {
        var chosen = OwnAddress.Choose([Of("eth1", "192.168.1.7", true), Of("eth0", "10.0.0.2", true)]);
        Assert.Equal(
            "Kpl:Cluster:AdvertisedAddress is not set, and this machine has 10.0.0.2 (eth0), 192.168.1.7 (eth1): the silo takes 10.0.0.2 (eth0)",
            SiloEndpoints.WarningOf(chosen));
    }

    private static OwnAddress Of(string network, string address, bool hasGateway = false) => new(network, IPAddress.Parse(address), hasGateway);
}
