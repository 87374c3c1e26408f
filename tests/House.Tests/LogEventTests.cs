using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>
/// A log line is found by its event id, whatever its text says in another version. A provider of the log that throws ends nothing.
/// </summary>
public sealed partial class LogEventTests
{
    private static readonly string[] Product = ["client/", "grains/", "interfaces/", "silo/"];

    /// <summary>What runs in programs of others, with the providers that they have.</summary>
    private static readonly string[] Libraries = ["client/", "grains/", "interfaces/"];

    /// <summary>What guards loggers, and what makes those of its neighbours.</summary>
    private const string Guard = "grains/Adapters/Logging/GuardedLogger.cs", Node = "grains/Silos/SiloNode.cs";

    [Fact]
    public void EventIds_OfTheProduct_AreEachUsedOnce()
    {
        var ids = Tree.Sources.Where(static f => Product.Any(p => f.StartsWith(p, StringComparison.Ordinal)))
            .SelectMany(static f => Message().Matches(Tree.Read(f)).Select(m => (Id: m.Groups[1].Value, File: f))).ToList();
        Assert.NotEmpty(ids);
        Strays.None(ids.Where(static i => i.Id.Length == 0).Select(static i => $"a log message without an id: {i.File}"));
        Strays.None(ids.GroupBy(static i => i.Id).Where(static g => g.Count() > 1)
            .Select(static g => $"event id {g.Key} is used {g.Count()} times: {string.Join(", ", g.Select(static i => i.File))}"));
    }

    /// <summary>
    /// A line of the log ended the loop that reads certificates again, and on a timer's thread the process. So loggers come from <c>GuardedLogger</c>; a
    /// container would give others.
    /// </summary>
    [Fact]
    public void Loggers_OfLibraries_AreGuarded()
    {
        var made = Tree.Sources.Where(static f => Libraries.Any(p => f.StartsWith(p, StringComparison.Ordinal)))
            .SelectMany(static f => Unguarded().Matches(Tree.Read(f)).Select(m => (File: f, m.Value))).ToList();
        Assert.Contains(made, static m => m.File == Guard);
        Strays.None(made.Where(static m => m.File is not Guard and not Node && !IsGivenByNode(m.File, m.Value))
            .Select(static m => $"a logger that is not guarded: {m.Value} in {m.File}"));

        // What makes loggers there guards them.
        var node = Tree.Read(Node);
        Assert.Contains("new GuardedLoggers(seams.Loggers, ", node, StringComparison.Ordinal);
        Assert.Equal(2, node.Split("seams.Loggers").Length);
    }

    /// <summary>Beside the node, loggers have the types of their owners.</summary>
    private static bool IsGivenByNode(string file, string found) => found == "ILogger<" && file.StartsWith("grains/Silos/", StringComparison.Ordinal);

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId = )?(\d*)")]
    private static partial Regex Message();

    /// <summary>A logger is made, or asked for from a container.</summary>
    [GeneratedRegex(@"\bI?Logger<|\.CreateLogger\b|\bLoggerFactory\.Create\b")]
    private static partial Regex Unguarded();
}
