namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>A project of somebody else, in a folder of its own, which gets our packages from a folder only.</summary>
internal sealed class OutsideProject : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Writes the project.</summary>
    /// <param name="references">The packages, each with its version.</param>
    public OutsideProject(string packages, string program, params (string Id, string Version)[] references)
    {
        // What others made is in the machine's folder already, so nothing is downloaded; ours come from the folder alone, and into a cache of this project.
        _folder.Write("nuget.config", $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{packages}" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
              <fallbackPackageFolders><clear /><add key="machine" value="{Dotnet.MachinePackages}" /></fallbackPackageFolders>
              <config><add key="globalPackagesFolder" value="{Path.Combine(_folder.Path, "cache")}" /></config>
            </configuration>
            """);
        _folder.Write("Directory.Build.props", "<Project />");
        _folder.Write("Directory.Build.targets", "<Project />");
        _folder.Write("Directory.Packages.props", "<Project />");
        _folder.Write("outside.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(references.Select(static r => $"<PackageReference Include=\"{r.Id}\" Version=\"{r.Version}\" />"))}
              </ItemGroup>
            </Project>
            """);
        _folder.Write("Program.cs", program);
    }

    public Task<(int Code, string Text)> BuildAsync() => Dotnet.TryAsync("dotnet", _folder.Path, "build", "-v", "quiet");

    /// <summary>Builds and runs the program, which must end well; gives what it wrote.</summary>
    public Task<string> RunAsync() => Dotnet.RunAsync(_folder.Path, "run", "-v", "quiet");

    public void Dispose() => _folder.Dispose();
}
