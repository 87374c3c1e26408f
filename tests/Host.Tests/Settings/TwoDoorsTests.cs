using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Http;

namespace Orleans.Kpl.Host.Tests.Settings;

/// <remarks>Tests <see cref="TwoDoors"/>.</remarks>
public sealed class TwoDoorsTests : IDisposable
{
    private readonly TestAuthority _silos = new("Silos");
    private readonly TestAuthority _clients = new("Clients");
    private readonly DeployedFolder _folder = new();

    [Fact]
    public void RootOfSilos_ThatSignsClientsOfHttpToo_IsRefused()
    {
        var (cluster, http) = Options();
        http.ClientCaCertFile = _folder.Write("http-clients", _clients.Pem);
        Assert.Empty(TwoDoors.FindErrors(cluster, http));
        _folder.Write("http-clients", _clients.Pem + _silos.Pem);
        Assert.Equal(
            "Kpl:Http:ClientCaCertFile has a root of Kpl:Cluster:SiloCaCertFile too: whoever it signs could pass for a silo",
            Assert.Single(TwoDoors.FindErrors(cluster, http)));
        _folder.Write("http-clients", "nothing");
        Assert.Empty(TwoDoors.FindErrors(cluster, http));
    }

    [Fact]
    public void Identities_ThatDoNotHoldAtTheGateway_AreWarnedOf()
    {
        var (cluster, http) = Options();
        Assert.Empty(TwoDoors.FindWarnings(cluster, http));
        cluster.ClientCaCertFile = _folder.Write("clients", _clients.Pem);
        Assert.StartsWith("Kpl:Cluster:ClientNames is not set: whoever has a certificate of ", Assert.Single(TwoDoors.FindWarnings(cluster, http)), StringComparison.Ordinal);
        cluster.ClientNames = ["client.example"];
        Assert.Empty(TwoDoors.FindWarnings(cluster, http));
        (cluster.ClientNames, http.Identities) = ([], null);
        Assert.Empty(TwoDoors.FindWarnings(cluster, http));
    }

    public void Dispose()
    {
        _silos.Dispose();
        _clients.Dispose();
        _folder.Dispose();
    }

    private (KplClusterOptions Cluster, KplHttpOptions Http) Options()
    {
        var own = _folder.Write("own", _silos.Issue("silo"));
        return (
            new KplClusterOptions { Membership = ClusterMembership.DynamoDb, CertificateFile = own, SiloCaCertFile = _folder.Write("roots", _silos.Pem) },
            new KplHttpOptions { CertificateFile = own, Identities = "identities.json" });
    }
}
