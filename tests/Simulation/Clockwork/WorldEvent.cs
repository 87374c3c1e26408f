namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>Something that is going to happen.</summary>
/// <param name="world">Where it waits for its instant.</param>
/// <param name="what">What happens.</param>
/// <param name="process">Where; null where no process is needed for it.</param>
internal sealed class WorldEvent(World world, Action what, SimulatedProcess? process)
{
    private Action? _what = what;

    public SimulatedProcess? Process => process;

    /// <summary>Whether it waits among the events of the world.</summary>
    public bool IsQueued { get; set; } = true;

    public bool IsCancelled => _what is null;

    /// <summary>Has it happen; nothing happens where it was cancelled.</summary>
    public void Happen() => _what?.Invoke();

    /// <summary>It will not happen, and lets go of all that it would have needed.</summary>
    public void Cancel()
    {
        if (_what is null)
            return;
        _what = null;
        if (IsQueued)
            world.NoteCancelled();
    }
}
