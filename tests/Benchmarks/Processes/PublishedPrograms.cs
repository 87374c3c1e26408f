using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>Programs of this solution, published into a folder of their own that goes with the bench.</summary>
internal sealed class PublishedPrograms : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kpl-published-");
    private readonly string _root = BuiltProgram.FindRoot();

    /// <summary>Publishes a program for this machine, and returns where it lies.</summary>
    /// <param name="project">The project's folder, from the root of the solution.</param>
    /// <param name="program">The program's name.</param>
    /// <param name="how">The property that says how, such as <c>PublishReadyToRun</c>.</param>
    /// <exception cref="BenchMissingException">The compiler's packages or a linker are missing.</exception>
    public async Task<string> PublishAsync(string project, string program, string how)
    {
        var to = Path.Combine(_folder.FullName, how, program);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])
            ["publish", Path.Combine(_root, project), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, $"-p:{how}=true",
                $"-p:SelfContained={(how == "PublishAot" ? "true" : "false")}", $"-p:ArtifactsPath={Path.Combine(_folder.FullName, how, "artifacts")}", "-o", to, "-nologo", "-v", "quiet"])
            start.ArgumentList.Add(argument);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0
            ? Path.Combine(to, program + (OperatingSystem.IsWindows() ? ".exe" : ""))
            : throw new BenchMissingException($"{program} could not be published with {how}: {output.Split('\n').FirstOrDefault(static l => l.Contains("error", StringComparison.Ordinal))}");
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
