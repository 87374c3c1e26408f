using System.Buffers.Binary;
using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where processes that accept records run, one after the other: a producer's, a client's or a silo's.</summary>
internal abstract class ProcessHost(World world, Plan plan, string name)
{
    private readonly List<CountedTerms> _counted = [];
    private readonly Dictionary<(int Life, long Number), RecordResult> _failures = [];

    public string Name => name;

    /// <summary>Its process, or its last one.</summary>
    public abstract SimulatedProcess Process { get; }

    /// <summary>How many processes there were before.</summary>
    public abstract int Life { get; }

    /// <summary>Where records are put; null before the first process.</summary>
    public abstract IKplProducer? Producer { get; }

    /// <summary>What the process has counted.</summary>
    public abstract StreamLedger Ledger { get; }

    /// <summary>What the metrics of each process that ever ran here tell.</summary>
    public IReadOnlyList<CountedTerms> Counted => _counted;

    /// <summary>Bytes and records that count against its memory limit.</summary>
    public (long Bytes, long Records) InMemory => (Producer?.OutstandingBytes ?? 0, Producer?.OutstandingRecords ?? 0);

    /// <summary>How the store of its backlog fares.</summary>
    public StoreWeather Weather { get; } = new();

    /// <summary>Whether its calls reach Kinesis, as far as its own machine is concerned.</summary>
    public bool ReachesKinesis { get; set; } = true;

    /// <summary>The disk, where the current process has one.</summary>
    public FaultyDisk? Disk { get; protected set; }

    /// <summary>Whether records can be put.</summary>
    public abstract bool IsRunning { get; }

    /// <summary>Whether its process drains.</summary>
    public bool IsDraining => Draining is { IsCompleted: false } && !Process.IsDead;

    /// <summary>Whether there is no process: it died, or has drained.</summary>
    public bool IsDown => Process.IsDead || Draining is { IsCompleted: true };

    /// <summary>Whether its process has nothing more to do.</summary>
    public abstract bool IsIdle { get; }

    /// <summary>Segments that lie in its backlog.</summary>
    public abstract int Segments { get; }

    /// <summary>Planted: other settings than the plan's.</summary>
    public KplOptions? Options { get; set; }

    /// <summary>Planted: handlers are not told of failures.</summary>
    public bool LosesFailures { get; set; }

    /// <summary>What else a report should say of it.</summary>
    public virtual string Detail => "";

    /// <summary>How often a stream has closed because it was idle.</summary>
    public abstract long IdleClosings { get; }

    protected World World => world;

    protected Plan Plan => plan;

    /// <summary>The drain of the current process; null before.</summary>
    protected abstract Task? Draining { get; }

    /// <summary>What a handler of failures was told of a record in the process that it was put to; null where it was told nothing.</summary>
    public RecordResult? FailureOf(Ticket ticket) => _failures.TryGetValue((ticket.Life, ticket.Number), out var told) ? told : null;

    /// <summary>Whether nobody waits for outcomes of that life any more.</summary>
    public abstract bool IsGone(int life);

    /// <summary>Starts a process. False where that cannot be done now.</summary>
    public abstract bool TryStart();

    /// <summary>Drains the process, as SIGTERM does.</summary>
    public abstract Task DrainAsync();

    /// <summary>Ends the power of its machine: what was not synced may be lost.</summary>
    public virtual void LosePower() => Process.Kill();

    /// <summary>Tells it where shards will begin; completes when the shards may change.</summary>
    public abstract Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries);

    /// <summary>Tells it that no shards will begin there.</summary>
    public abstract void Withdraw(IReadOnlyCollection<UInt128> boundaries);

    /// <summary>Makes the next process, whose wall clock is off by up to a second.</summary>
    protected SimulatedProcess NewProcess() => new(world, $"{name}.{Life + 1}", TimeSpan.FromSeconds(world.Dice.NextDouble() * 2 - 1));

    /// <summary>Has a handler be told of each failure, once.</summary>
    protected void HearFailures(IKplProducer producer)
    {
        if (!plan.AsksForAll || LosesFailures)
            return;
        var life = Life;
        producer.RecordFailed += failure =>
        {
            var record = (life, BinaryPrimitives.ReadInt64BigEndian(failure.Record.Data.Span));
            if (!_failures.TryAdd(record, failure.Result))
                world.Violate($"{name} is told twice that record {record} failed: {_failures[record]}, {failure.Result}");
        };
    }

    /// <summary>Makes the meter of a process.</summary>
    protected CountedTerms NewMeter()
    {
        _counted.Add(world.NewMeter());
        return _counted[^1];
    }
}
