using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Threads.Scenarios;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Running;

/// <summary>The command line, once the product is woven.</summary>
internal static class ScheduleCommand
{
    private const string Usage = "usage: [--class NAME] [--schedules N] [--seed N] [--mutants | --mutant N] [--trace]";

    private const int SchedulesToReach = 300;

    public static int Run(string[] args, TextWriter output)
    {
        string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        long? Number(string name) => long.TryParse(Value(name), CultureInfo.InvariantCulture, out var number) ? number : null;
        var scenarios = Catalog.Scenarios.Where(s => Value("--class") is not { } name || s.Name == name).ToList();
        string[] known = ["--class", "--schedules", "--seed", "--mutants", "--mutant", "--trace"];
        if (scenarios.Count == 0 || args.Any(a => a.StartsWith('-') && !known.Contains(a)))
        {
            output.WriteLine($"{Usage}\nclasses: {string.Join(", ", Catalog.Scenarios.Select(static s => s.Name))}");
            return 2;
        }

        var (seed, schedules) = (Number("--seed") ?? 1, Number("--schedules") ?? (Value("--seed") is null ? 1_000 : 1));
        var failed = 0;
        foreach (var scenario in scenarios)
        {
            var explorer = new Explorer(scenario, Woven.Sites);
            if (args.Contains("--mutants"))
                Mutants(scenario, explorer, seed, schedules, output);
            else
                failed += Explore(scenario, explorer, seed, schedules, Number("--mutant"), args.Contains("--trace"), output) ? 0 : 1;
        }

        return failed == 0 ? 0 : 1;
    }

    private static bool Explore(Scenario scenario, Explorer explorer, long seed, long schedules, long? mutant, bool trace, TextWriter output)
    {
        var weakened = mutant is { } number ? explorer.Mutants[(int)number - 1] : -1;
        var clock = Stopwatch.StartNew();
        var failure = explorer.Run(seed, schedules, weakened);
        if (failure is null)
            output.WriteLine($"{scenario.Name}: {schedules} schedules of {explorer.Steps / schedules} steps held, {clock.Elapsed.TotalSeconds:F1} s");
        if (failure is null && !trace)
            return true;
        var (which, why) = failure ?? (seed, "held");
        output.WriteLine(string.Join('\n', explorer.Trace(which, weakened, out var again)));
        if (failure is null)
            return true;
        output.WriteLine($"{scenario.Name}: seed {which} FAILED: {why}{(again == why ? "" : $"; repeated: {again ?? "held"}")}");
        output.WriteLine($"again: --class {scenario.Name} --seed {which}{(mutant is null ? "" : $" --mutant {mutant}")}");
        return false;
    }

    private static void Mutants(Scenario scenario, Explorer explorer, long seed, long schedules, TextWriter output)
    {
        var reached = explorer.Reached(SchedulesToReach);
        var (number, found, all) = (0, 0, explorer.Mutants.Count(reached.Contains));
        foreach (var weakened in explorer.Mutants)
        {
            var failure = reached.Contains(weakened) ? explorer.Run(seed, schedules, weakened) : null;
            found += failure is null ? 0 : 1;
            output.WriteLine($"{scenario.Name} mutant {++number}: {Woven.Sites[weakened]}: " + (failure is { } f ? $"found, seed {f.Seed}: {f.Why}"
                : reached.Contains(weakened) ? $"not found in {schedules}" : "not reached"));
        }

        output.WriteLine($"{scenario.Name}: {found} of {all} mutants found, {number - all} not reached");
    }
}
