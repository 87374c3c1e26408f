namespace Orleans.Kpl.Pipeline.Backlog.Spilling;

/// <summary>
/// Whether records go to the backlog for want of room. A full room must last before it engages, so that a blip does not; it heals when
/// the room has been below half for a while and records are delivered again. Pure: time and what is seen are passed in.
/// </summary>
internal sealed class SpillSwitch
{
    /// <summary>How long the room must have been full.</summary>
    public const long EngageAfter = 500 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long it must have been below half.</summary>
    public const long HealAfter = TimeSpan.TicksPerSecond;

    private const double Full = 0.9;
    private const double Half = 0.5;

    private long? _fullSince;
    private long? _lowSince;
    private bool _flowed;

    public bool IsEngaged { get; private set; }

    /// <summary>Nothing is about to change: nobody need look until somebody finds no room.</summary>
    public bool IsAtRest => !IsEngaged && _fullSince is null;

    /// <summary>Takes a look.</summary>
    /// <param name="now">The instant of the look.</param>
    /// <param name="fill">The share of the room that is taken.</param>
    /// <param name="hasWaiters">Somebody waits for room.</param>
    /// <param name="flows">Records were delivered since the last look, or none want to be.</param>
    public void Observe(long now, double fill, bool hasWaiters, bool flows)
    {
        if (!IsEngaged)
        {
            _fullSince = fill >= Full || hasWaiters ? _fullSince ?? now : null;
            IsEngaged = now - _fullSince >= EngageAfter;
            _lowSince = null;
            return;
        }

        if (fill >= Half)
        {
            _lowSince = null;
            return;
        }

        _flowed = flows || (_lowSince is not null && _flowed);
        _lowSince ??= now;
        if (now - _lowSince < HealAfter || !_flowed)
            return;
        IsEngaged = false;
        _fullSince = null;
    }
}
