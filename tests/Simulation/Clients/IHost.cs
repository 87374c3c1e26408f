using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where processes that accept records run, one after the other: a producer's, or a silo's.</summary>
internal interface IHost
{
    string Name { get; }

    /// <summary>Its process, or its last one.</summary>
    SimulatedProcess Process { get; }

    /// <summary>How many processes there were before.</summary>
    int Life { get; }

    /// <summary>Where records are put; null before the first process.</summary>
    IKplProducer? Producer { get; }

    /// <summary>What the process has counted.</summary>
    StreamLedger Ledger { get; }

    /// <summary>What the metrics of each process that ever ran here tell.</summary>
    IReadOnlyList<CountedTerms> Counted { get; }

    /// <summary>Bytes and records that count against its memory limit.</summary>
    (long Bytes, long Records) InMemory { get; }

    /// <summary>How the store of its backlog fares.</summary>
    StoreWeather Weather { get; }

    /// <summary>The disk, where the current process has one.</summary>
    FaultyDisk? Disk { get; }

    /// <summary>Whether records can be put.</summary>
    bool IsRunning { get; }

    /// <summary>Whether its process drains.</summary>
    bool IsDraining { get; }

    /// <summary>Whether there is no process: it died, or has drained.</summary>
    bool IsDown { get; }

    /// <summary>Whether its process has nothing more to do.</summary>
    bool IsIdle { get; }

    /// <summary>Segments that lie in its backlog.</summary>
    int Segments { get; }

    /// <summary>Planted: other settings than the plan's.</summary>
    KplOptions? Options { get; set; }

    /// <summary>What else a report should say of it.</summary>
    string Detail { get; }

    /// <summary>How often a stream has closed because it was idle.</summary>
    long IdleClosings { get; }

    /// <summary>Whether nobody waits for outcomes of that life any more.</summary>
    bool IsGone(int life);

    /// <summary>Starts a process. False where that cannot be done now.</summary>
    bool TryStart();

    /// <summary>Drains the process, as SIGTERM does.</summary>
    Task DrainAsync();

    /// <summary>Ends the power of its machine: what was not synced may be lost.</summary>
    void LosePower();

    /// <summary>Tells it where shards will begin; completes when the shards may change.</summary>
    Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries);

    /// <summary>Tells it that no shards will begin there.</summary>
    void Withdraw(IReadOnlyCollection<UInt128> boundaries);
}
