namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The packages are joined by internals, so two versions that met would fail at run time. They do not meet.</summary>
[Trait("Category", "Long")]
[Collection(PackedTests.Name)]
public sealed class MixedVersionTests(PackedPackages packed) : IAsyncLifetime
{
    private const string Newer = "999.0.0";

    private readonly TemporaryFolder _both = new();

    public async ValueTask InitializeAsync()
    {
        foreach (var file in Directory.GetFiles(packed.Folder, "*.nupkg"))
            File.Copy(file, Path.Combine(_both.Path, Path.GetFileName(file)));
        foreach (var project in new[] { "interfaces/Abstractions", "interfaces/Deaggregation", "client/Producer", "client/Testing" })
        {
            await Dotnet.RunAsync(
                Checkout.Root, "pack", project, "-c", Dotnet.Configuration, "--no-build", "-o", _both.Path, $"-p:PackageVersion={Newer}", "-v", "quiet");
        }
    }

    /// <summary>
    /// Some mixtures restore refuses. Of others it takes the newer version, with a warning
    /// (NU1608), so the build refuses them.
    /// </summary>
    [Fact]
    public async Task AProject_WithTwoOfOurVersions_DoesNotBuild()
    {
        ((string, string)[] References, string Error)[] mixtures =
        [
            ([("Orleans.Kpl", Dotnet.Version), ("Orleans.Kpl.Testing", Newer)], "error NU1107"),
            ([("Orleans.Kpl", Newer), ("Orleans.Kpl.Http", Dotnet.Version)], "error KPL0001"),
            ([("Orleans.Kpl", Dotnet.Version), ("Orleans.Kpl.Abstractions", Newer)], "error KPL0001"),
        ];
        foreach (var (references, error) in mixtures)
        {
            using var project = new OutsideProject(_both.Path, "", references);
            var (code, text) = await project.BuildAsync();
            Assert.NotEqual(0, code);
            Assert.True(text.Contains(error, StringComparison.Ordinal), text);
            if (error.EndsWith("KPL0001", StringComparison.Ordinal))
                Assert.Matches($@"All packages Orleans\.Kpl\.\* of a program must have one version.*Abstractions {Newer}", text);
        }
    }

    public ValueTask DisposeAsync()
    {
        _both.Dispose();
        return default;
    }
}
