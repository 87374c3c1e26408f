using Orleans.Kpl.Threads.Scheduling;
using Orleans.Kpl.Threads.Weaving;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>What several threads do with a class, and what must hold whichever way they take turns.</summary>
/// <param name="name">The class.</param>
/// <param name="types">The class and those that guard it or that it changes: what they do is a place and is weakened.</param>
internal abstract class Scenario(string name, params string[] types)
{
    public string Name => name;

    public IReadOnlyList<string> Types => types;

    /// <summary>Whether the operation is to be weakened.</summary>
    public virtual bool Weakens(Site site) => site.CanBeWeakened && Types.Contains(site.Type);

    /// <summary>Whether threads may change there. Pools and counters of the process, which no schedule repeats, are no places.</summary>
    public bool IsPlace(Site site) => Types.Contains(site.Type);

    /// <summary>Makes the objects, runs the threads and judges.</summary>
    public abstract void Run(Schedule schedule);
}
