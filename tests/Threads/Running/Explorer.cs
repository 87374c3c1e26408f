using Orleans.Kpl.Threads.Scenarios;
using Orleans.Kpl.Threads.Scheduling;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Running;

/// <summary>Runs schedules of one scenario.</summary>
internal sealed class Explorer(Scenario scenario, IReadOnlyList<Site> sites)
{
    private readonly bool[] _places = [.. sites.Select(scenario.IsPlace)];

    /// <summary>Steps of all schedules that were run.</summary>
    public long Steps { get; private set; }

    /// <summary>The operations that are weakened one after the other, in the order of the code.</summary>
    public IReadOnlyList<int> Mutants => [.. Enumerable.Range(0, sites.Count).Where(i => scenario.Weakens(sites[i]))];

    /// <summary>Runs schedules until one fails. Returns its seed and why; null where none fails.</summary>
    public (long Seed, string Why)? Run(long first, long count, int weakened = -1)
    {
        for (var seed = first; seed < first + count; seed++)
        {
            if (RunOne(seed, weakened, null) is { } why)
                return (seed, why);
        }

        return null;
    }

    /// <summary>Runs one schedule. Returns why it failed; null where it did not.</summary>
    public string? RunOne(long seed, int weakened, Action<int, int>? trace)
    {
        var schedule = new Schedule(seed, _places, weakened, trace);
        try
        {
            scenario.Run(schedule);
            return null;
        }
        catch (Exception e)
        {
            return e is ScheduleFailedException ? e.Message : $"what was left threw {e.GetType().Name}: {e.Message}";
        }
        finally
        {
            Steps += schedule.Steps;
        }
    }

    /// <summary>Runs one schedule and returns its steps, one in a line: the thread and the place.</summary>
    public IReadOnlyList<string> Trace(long seed, int weakened, out string? why)
    {
        List<string> steps = [];
        why = RunOne(seed, weakened, (thread, site) => steps.Add($"  {thread}  {(site < 0 ? "the scenario" : sites[site])}"));
        return steps;
    }

    /// <summary>The places that a few schedules came to.</summary>
    public HashSet<int> Reached(int schedules)
    {
        HashSet<int> reached = [];
        for (var seed = 1; seed <= schedules; seed++)
            RunOne(seed, -1, (_, site) => reached.Add(site));
        return reached;
    }
}
