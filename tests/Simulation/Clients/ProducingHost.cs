using Orleans.Kpl.Simulation.Judging;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where producers run, one after the other. What one of them has in memory dies with it.</summary>
internal abstract class ProducingHost<TProducer>(World world, Plan plan, string name) : ProcessHost(world, plan, name)
    where TProducer : class, IKplProducer
{
    private readonly List<SimulatedProcess> _lives = [];
    private Task? _draining;

    public override SimulatedProcess Process => _lives[^1];

    public override int Life => _lives.Count - 1;

    public override IKplProducer? Producer => Current;

    public override StreamLedger Ledger => Current?.GetLedger(ProducerHost.Stream) ?? default;

    public override bool IsRunning => Current is not null && _draining is null && !Process.IsDead;

    protected override Task? Draining => _draining;

    protected TProducer? Current { get; private set; }

    public override bool IsGone(int life) => _lives[life].IsDead;

    public override Task DrainAsync()
    {
        if (World.IsTracing)
            World.Say(Process.Name, "drains");
        return _draining ??= EndAsync();
    }

    protected void Run(SimulatedProcess process, Func<CountedTerms, TProducer> make)
    {
        _lives.Add(process);
        _draining = null;
        if (World.IsTracing)
            World.Say(process.Name, "starts");
        Current = make(NewMeter());
        HearFailures(Current);
    }

    protected virtual Task DisposeAsync() => Current!.DisposeAsync().AsTask();

    private async Task EndAsync()
    {
        await DisposeAsync().ConfigureAwait(false);
        if (World.IsTracing)
            World.Say(Process.Name, $"has drained: {Ledger}");
    }
}
