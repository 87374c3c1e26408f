using Orleans.Kpl.Threads.Scenarios;

namespace Orleans.Kpl.Threads.Running;

/// <summary>All scenarios.</summary>
internal static class Catalog
{
    public static IReadOnlyList<Scenario> Scenarios { get; } =
    [
        new FairQueueScenario(), new MemoryLimitScenario(), new FlushGenerationScenario(),
        new StreamSlotScenario(), new ProducerStreamsScenario(), new TimerQueueScenario(), new RecordCompleterScenario(),
        new LockStripesScenario(), new ShardTopologyScenario(),
    ];

    /// <summary>The types whose plain fields are places, by their names in the assembly.</summary>
    public static IReadOnlySet<string> Watched { get; } = Scenarios.SelectMany(static s => s.Types).SelectMany(static t => new[] { t, $"{t}`1" }).ToHashSet();
}
