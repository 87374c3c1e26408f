namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The packages as a user gets them, packed once into a folder from what was built.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Where the packages are.</summary>
    public string Folder => _folder.Path;

    /// <summary>Whether the half that needs Orleans was built, and so packed.</summary>
    public bool HasOrleans { get; } = File.Exists(Checkout.Built("Orleans.Kpl.Host", "Orleans.Kpl.Host.dll"));

    public async ValueTask InitializeAsync() => await Dotnet.RunAsync(
        Checkout.Root, "pack", HasOrleans ? "Orleans.Kpl.sln" : "Orleans.Kpl.Embedded.slnf", "-c", Dotnet.Configuration, "--no-build", "-o", Folder,
        "-v", "quiet");

    /// <summary>The file of a package.</summary>
    public string FileOf(string id, string extension = ".nupkg") => Path.Combine(Folder, $"{id}.{Dotnet.Version}{extension}");

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return default;
    }
}

/// <summary>The tests of what was packed.</summary>
[CollectionDefinition(Name)]
public sealed class PackedTests : ICollectionFixture<PackedPackages>
{
    public const string Name = "packed packages";
}
