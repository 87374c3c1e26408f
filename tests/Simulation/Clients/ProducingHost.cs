using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where producers run, one after the other. What one of them has in memory dies with it.</summary>
internal abstract class ProducingHost<TProducer>(World world, string name) : IHost
    where TProducer : class, IKplProducer
{
    private readonly List<SimulatedProcess> _lives = [];
    private readonly List<CountedTerms> _counted = [];
    private Task? _draining;

    public string Name => name;

    public StoreWeather Weather { get; } = new();

    public SimulatedProcess Process => _lives[^1];

    public int Life => _lives.Count - 1;

    public IKplProducer? Producer => Current;

    public StreamLedger Ledger => Current?.GetLedger(ProducerHost.Stream) ?? default;

    public IReadOnlyList<CountedTerms> Counted => _counted;

    public (long Bytes, long Records) InMemory => (Current?.OutstandingBytes ?? 0, Current?.OutstandingRecords ?? 0);

    public KplOptions? Options { get; set; }

    public FaultyDisk? Disk { get; protected set; }

    public bool IsRunning => Current is not null && _draining is null && !Process.IsDead;

    public bool IsDraining => _draining is { IsCompleted: false } && !Process.IsDead;

    public bool IsDown => Process.IsDead || _draining is { IsCompleted: true };

    public string Detail => "";

    public abstract bool IsIdle { get; }

    public abstract int Segments { get; }

    public abstract long IdleClosings { get; }

    protected World World { get; } = world;

    protected TProducer? Current { get; private set; }

    public bool IsGone(int life) => _lives[life].IsDead;

    public abstract bool TryStart();

    public Task DrainAsync()
    {
        if (World.IsTracing)
            World.Say(Process.Name, "drains");
        return _draining ??= EndAsync();
    }

    public virtual void LosePower() => Process.Kill();

    public abstract Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries);

    public abstract void Withdraw(IReadOnlyCollection<UInt128> boundaries);

    protected SimulatedProcess NewProcess() => new(World, $"{Name}.{_lives.Count}", TimeSpan.FromSeconds(World.Dice.NextDouble() * 2 - 1));

    protected void Run(SimulatedProcess process, Func<CountedTerms, TProducer> make)
    {
        _lives.Add(process);
        _draining = null;
        if (World.IsTracing)
            World.Say(process.Name, "starts");
        _counted.Add(World.Meters.Add());
        Current = make(_counted[^1]);
    }

    protected virtual Task DisposeAsync() => Current!.DisposeAsync().AsTask();

    private async Task EndAsync()
    {
        await DisposeAsync().ConfigureAwait(false);
        if (World.IsTracing)
            World.Say(Process.Name, $"has drained: {Ledger}");
    }
}
