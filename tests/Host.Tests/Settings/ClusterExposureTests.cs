using Orleans.Kpl.Host.Settings;

namespace Orleans.Kpl.Host.Tests.Settings;

/// <remarks>Tests <see cref="ClusterExposure"/>.</remarks>
public sealed class ClusterExposureTests
{
    [Theory]
    [InlineData("localhost", null, false, false, false)]
    [InlineData("localhost", "127.0.0.1", false, false, false)]
    [InlineData("dynamodb", "127.0.0.1", false, false, false)]
    [InlineData("dynamodb", "::1", false, false, false)]
    [InlineData("dynamodb", "localhost", false, false, false)]
    [InlineData("dynamodb", null, false, true, false)]
    [InlineData("dynamodb", "10.1.2.3", false, true, false)]
    [InlineData("dynamodb", "silo-1.example", false, true, false)]
    [InlineData("dynamodb", null, true, false, true)]
    [InlineData("dynamodb", "127.0.0.1", true, false, false)]
    public void Ports_ThatOthersReachWithoutTls_AreRefusedOrWarnedOf(string membership, string? address, bool allows, bool isRefused, bool isWarnedOf)
    {
        var options = new KplClusterOptions
        {
            Membership = Enum.Parse<ClusterMembership>(membership, ignoreCase: true), AdvertisedAddress = address, AllowPlaintext = allows,
        };
        var errors = ClusterExposure.FindErrors(options);
        Assert.Equal(isRefused ? 1 : 0, errors.Count);
        Assert.All(errors, static e => Assert.Contains("Kpl:Cluster:AllowPlaintext=true", e, StringComparison.Ordinal));
        Assert.All(errors, static e => Assert.Contains("Kpl:Cluster:CertificateFile", e, StringComparison.Ordinal));
        var told = address is null ? "AdvertisedAddress is not set" : $"AdvertisedAddress is '{address}'";
        Assert.All(errors, e => Assert.Contains(told, e, StringComparison.Ordinal));
        Assert.Equal(isWarnedOf ? 1 : 0, ClusterExposure.FindWarnings(options).Count);
    }

    [Fact]
    public void Ports_WithTls_NeedGoodFilesAlone()
    {
        using var root = new TestAuthority();
        using var folder = new DeployedFolder();
        var options = new KplClusterOptions
        {
            Membership = ClusterMembership.DynamoDb, CertificateFile = folder.Write("own", root.Issue("silo")),
            SiloCaCertFile = folder.Write("roots", root.Pem),
        };
        Assert.Empty(ClusterExposure.FindErrors(options));
        options.SiloCaCertFile = folder.Write("roots", "nothing");
        Assert.StartsWith("Kpl:Cluster:SiloCaCertFile '", Assert.Single(ClusterExposure.FindErrors(options)), StringComparison.Ordinal);
    }
}
