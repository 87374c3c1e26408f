using System.Reflection;
using PublicApiGenerator;

namespace Orleans.Kpl.Testing;

/// <summary>Holds a package's public surface to the reviewed listing beside its project, <c>PublicAPI.txt</c>.</summary>
internal static class PublicApi
{
    /// <summary>Set to 1, this environment variable has the listing written as the assembly has it.</summary>
    private const string Accept = "KPL_ACCEPT_API";

    private static readonly ApiGeneratorOptions Listing = new() { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = ["OrleansCodeGen"] };

    private static readonly EnumerationOptions Projects = new() { RecurseSubdirectories = true, MaxRecursionDepth = 2 };

    /// <summary>Fails on every difference between a project's assembly and its listing.</summary>
    public static void Check(string project)
    {
        var folder = Path.GetDirectoryName(Directory.EnumerateFiles(Checkout.Root, project + ".csproj", Projects).Single())!;
        var file = Path.Combine(folder, "PublicAPI.txt");
        var now = Assembly.Load(project == "Orleans.Kpl.Cli" ? "kpl" : project).GeneratePublicApi(Listing).ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, now);

        var reviewed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        var (was, has) = (reviewed.Split('\n'), now.Split('\n'));
        var changes = was.Except(has).Select(l => "- " + l).Concat(has.Except(was).Select(l => "+ " + l)).ToList();
        Assert.True(
            reviewed == now,
            $"The public surface of {project} is not the one in {file}. A change of it is a promise to users: review it, and accept it by a run of this test with {Accept}=1.\n{string.Join('\n', changes)}");
    }
}
