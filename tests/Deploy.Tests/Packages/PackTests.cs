namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The packages: which there are, what lies in each, and what each depends on.</summary>
[Trait("Category", "Long")]
[Collection(PackedTests.Name)]
public sealed class PackTests(PackedPackages packed)
{
    /// <summary>Each package with its assemblies and the packages of ours that it needs.</summary>
    private static readonly Dictionary<string, (string[] Assemblies, string[] Needs)> Libraries = new()
    {
        ["Orleans.Kpl.Abstractions"] = (["Abstractions"], []),
        ["Orleans.Kpl"] = (["Adapters", "Aggregation", "Aws", "Pipeline", "Producer", "Scaling"], [".Abstractions", ".Deaggregation"]),
        ["Orleans.Kpl.Http"] = (["Http"], [".Abstractions"]),
        ["Orleans.Kpl.Kinesis"] = (["Kinesis"], ["", ".Abstractions", ".Http"]),
        ["Orleans.Kpl.Metrics"] = (["Metrics"], ["", ".Abstractions"]),
        ["Orleans.Kpl.Glue"] = (["Glue"], ["", ".Abstractions"]),
        ["Orleans.Kpl.Testing"] = (["LocalKinesis", "Testing"], ["", ".Abstractions"]),
        ["Orleans.Kpl.Deaggregation"] = (["Deaggregation"], []),
        ["Orleans.Kpl.Contracts"] = (["Contracts"], [".Abstractions"]),
        ["Orleans.Kpl.Clustering"] = (["Clustering", "DynamoDb"], ["", ".Abstractions"]),
        ["Orleans.Kpl.Client"] = (["Client", "Lanes"], ["", ".Clustering", ".Contracts"]),
        ["Orleans.Kpl.Grains"] = (["Grains", "Silos"], ["", ".Clustering", ".Contracts"]),
    };

    private static readonly string[] OfOrleans = ["Orleans.Kpl.Clustering", "Orleans.Kpl.Contracts", "Orleans.Kpl.Client", "Orleans.Kpl.Grains"];

    private static readonly string[] Tools = ["Orleans.Kpl.Cli", "Orleans.Kpl.Local"];

    private IEnumerable<string> Expected => Libraries.Keys.Concat(Tools).Where(id => packed.HasOrleans || !OfOrleans.Contains(id));

    [Fact]
    public void Packages_AreTheListedOnes_AndSayWhatTheyAre()
    {
        Assert.Equal(Expected.Select(id => packed.FileOf(id)).Order(), Directory.GetFiles(packed.Folder, "*.nupkg").Order());
        Assert.All(Expected, id =>
        {
            var package = Package.Read(packed.FileOf(id));
            Assert.Equal((id, "README.md", "Apache-2.0"), (package.Text("id"), package.Text("readme"), package.Text("license")));
            Assert.Contains("README.md", package.Files);
            Assert.Contains("kinesis", package.Text("tags")!, StringComparison.Ordinal);
            Assert.True(package.Text("description")!.Length > 40, id);
        });
    }

    [Fact]
    public void Packages_HaveTheirAssembliesAndSymbols_AndNeedExactlyTheirOwnVersion()
    {
        Assert.All(Libraries.Where(l => Expected.Contains(l.Key)), library =>
        {
            var package = Package.Read(packed.FileOf(library.Key));
            var assemblies = library.Value.Assemblies.Select(static a => "Orleans.Kpl." + a).ToList();
            Assert.Equal(assemblies, package.Assemblies);
            Assert.All(assemblies, a => Assert.Contains($"lib/net10.0/{a}.xml", package.Files));
            Assert.All(assemblies, a => Assert.Contains($"lib/net10.0/{a}.pdb", Package.Read(packed.FileOf(library.Key, ".snupkg")).Files));
            var ours = package.Dependencies.Where(static d => d.Key.StartsWith("Orleans.Kpl", StringComparison.Ordinal)).ToList();
            Assert.Equal(library.Value.Needs.Select(static n => "Orleans.Kpl" + n), ours.Select(static d => d.Key).Order(StringComparer.Ordinal));
            Assert.All(ours, static d => Assert.Equal($"[{Dotnet.Version}]", d.Value));
        });
    }

    /// <summary>What lies inside brings along what it needs itself; an embedded producer needs no DynamoDB and no Orleans.</summary>
    [Fact]
    public void Packages_NeedWhatLiesInThemNeeds()
    {
        var embedded = Package.Read(packed.FileOf("Orleans.Kpl")).Dependencies.Keys;
        Assert.Contains("AWSSDK.Core", embedded);
        Assert.Contains("AWSSDK.SecurityToken", embedded);
        Assert.Contains("Microsoft.Extensions.Logging.Abstractions", embedded);
        Assert.DoesNotContain(embedded, static d => d.Contains("DynamoDB", StringComparison.Ordinal) || d.StartsWith("Microsoft.Orleans", StringComparison.Ordinal));
        if (packed.HasOrleans)
            Assert.Contains("AWSSDK.DynamoDBv2", Package.Read(packed.FileOf("Orleans.Kpl.Grains")).Dependencies.Keys);
    }
}
