namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>One life of one process: what happens in it stops when it is dead, and waits while it is frozen.</summary>
internal sealed class SimulatedProcess
{
    private readonly World _world;
    private long _frozenSince;

    /// <param name="world">Where it lives.</param>
    /// <param name="name">What the trace calls it.</param>
    /// <param name="wallOffset">How far its wall clock is off.</param>
    public SimulatedProcess(World world, string name, TimeSpan wallOffset)
    {
        (_world, Name) = (world, name);
        Time = new SimulatedTime(world, this) { WallOffset = wallOffset.Ticks };
    }

    public string Name { get; }

    public SimulatedTime Time { get; }

    public bool IsDead { get; private set; }

    /// <summary>Whether it ended in good order: its callers have their answers, and nothing of it runs any more.</summary>
    public bool HasExited { get; private set; }

    public bool IsFrozen { get; private set; }

    /// <summary>Ticks for which it was frozen, up to now.</summary>
    public long FrozenTicks { get; private set; }

    /// <summary>What would have happened while it was frozen.</summary>
    public List<WorldEvent> Waiting { get; } = [];

    /// <summary>SIGKILL: nothing of it runs any more.</summary>
    public void Kill()
    {
        IsDead = true;
        Say("killed");
    }

    /// <summary>It has drained, and ends.</summary>
    public void Exit() => HasExited = true;

    /// <summary>SIGSTOP.</summary>
    public void Freeze()
    {
        if (IsFrozen || IsDead)
            return;
        IsFrozen = true;
        _frozenSince = _world.Now;
        Say("frozen");
    }

    /// <summary>SIGCONT: its timers and what lies in its sockets come at once, in any order.</summary>
    public void Thaw()
    {
        if (!IsFrozen)
            return;
        IsFrozen = false;
        FrozenTicks += _world.Now - _frozenSince;
        Say($"thawed, {Waiting.Count} events waited");
        foreach (var waiting in Waiting)
            _world.At(_world.Now, waiting.Happen, this);
        Waiting.Clear();
    }

    private void Say(string what)
    {
        if (_world.IsTracing)
            _world.Say(Name, what);
    }
}
