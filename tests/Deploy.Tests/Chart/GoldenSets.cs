using System.Collections.Concurrent;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>Sets of values, each with what the chart makes of it.</summary>
internal static class GoldenSets
{
    /// <summary>The set that has what is required and nothing else.</summary>
    public const string Least = "least";

    private const string Values = ".values.yaml";

    private static readonly ConcurrentDictionary<string, HelmRun> Rendered = [];

    private static readonly string Folder = Path.Combine(Checkout.Root, "tests", "Deploy.Tests", "Golden");

    /// <summary>The names of the sets.</summary>
    public static TheoryData<string> Names { get; } =
        [.. Directory.EnumerateFiles(Folder, "*" + Values).Select(static f => Path.GetFileName(f)[..^Values.Length]).Order(StringComparer.Ordinal)];

    public static string ValuesOf(string name) => File.ReadAllText(Path.Combine(Folder, name + Values));

    /// <summary>What was rendered when somebody last looked at it; for all sets but the least one, in what it differed from that.</summary>
    public static string FileOf(string name) => Path.Combine(Folder, name + (name == Least ? ".yaml" : ".diff"));

    /// <summary>Renders a set, with the tests of the release.</summary>
    public static HelmRun Render(string name)
    {
        var helm = Helm.Get();
        return Rendered.GetOrAdd(name, n => helm.Template(ValuesOf(n)));
    }
}
