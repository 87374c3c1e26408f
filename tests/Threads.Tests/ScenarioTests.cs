using System.Text.RegularExpressions;
using Orleans.Kpl.Threads.Running;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Tests;

/// <remarks>The page of the documents has the table that <see cref="Mutants_OfAllClasses_AreFoundButForTheListed"/> compares.</remarks>
public sealed partial class ScenarioTests
{
    public static TheoryData<string> Classes => [.. Catalog.Scenarios.Select(static s => s.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void Schedules_OfAClass_Hold(string name) => Held("--class", name, "--schedules", "400");

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Classes))]
    public void ManySchedules_OfAClass_Hold(string name) => Held("--class", name, "--schedules", "100000");

    /// <summary>Counting users in is read and write: two count as one, so the stream closes under the other.</summary>
    [Fact]
    public void PlantedRace_IsFound_AndItsSeedRepeatsIt()
    {
        var (code, found) = Run("--class", "StreamSlot", "--mutant", "1", "--schedules", "2000");
        Assert.Equal(1, code);
        Assert.Contains("StreamSlot.TryEnter Increment", found, StringComparison.Ordinal);
        Assert.DoesNotContain("repeated", found, StringComparison.Ordinal);

        var again = found.TrimEnd().Split('\n')[^1]["again: ".Length..].Split(' ');
        Assert.Equal((1, found), Run(again));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Trace_OfOneSeed_IsTheSameAgain(string name)
    {
        static string Steps((int Code, string Output) run) => string.Join('\n', run.Output.Split('\n').Where(static l => l.StartsWith(' ')));
        string[] arguments = ["--class", name, "--seed", "4711", "--trace"];
        var steps = Steps(Run(arguments));
        Assert.NotEmpty(steps);
        Assert.Equal(steps, Steps(Run(arguments)));
    }

    [Fact]
    [Trait("Category", "Long")]
    public void Mutants_OfAllClasses_AreFoundButForTheListed()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "threads.md"));
        var lines = Run("--mutants", "--schedules", "20000").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.Where(static l => l.Contains(": not found", StringComparison.Ordinal)))
        {
            var (name, site) = (line.Split(' ')[0], line.Split(": ")[1]);
            Assert.True(page.Contains($"| {name} | `{site}` |", StringComparison.Ordinal), $"{line}: the page does not say why");
        }

        foreach (var sum in lines.Select(static l => Sum().Match(l)).Where(static m => m.Success))
            Assert.Contains(string.Join(" | ", sum.Groups.Values.Skip(1).Select(static g => g.Value)), page, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(\w+): (\d+) of (\d+) mutants found, (\d+) not reached$")]
    private static partial Regex Sum();

    private static void Held(params string[] arguments)
    {
        var (code, output) = Run(arguments);
        Assert.True(code == 0, output);
        Assert.Contains("schedules", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        return (Woven.Run(arguments, output), output.ToString().ReplaceLineEndings("\n"));
    }
}
