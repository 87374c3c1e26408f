namespace Orleans.Kpl.Pipeline.Backlog.Spilling;

/// <summary>
/// Decides whether records spill to the backlog because memory is full. Memory must stay full for a while before it engages, so that a blip does not.
/// It disengages when memory has been below half for a while and records are delivered again. Pure: time and observations are passed in.
/// </summary>
internal sealed class SpillSwitch
{
    /// <summary>How long memory must have been full.</summary>
    public const long EngageAfter = 500 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long memory must have been below half.</summary>
    public const long HealAfter = TimeSpan.TicksPerSecond;

    private const double Full = 0.9;
    private const double Half = 0.5;

    private long? _fullSince;
    private long? _lowSince;
    private bool _flowed;

    public bool IsEngaged { get; private set; }

    /// <summary>Gets whether nothing is about to change: no check is needed until a record finds no memory.</summary>
    public bool IsAtRest => !IsEngaged && _fullSince is null;

    /// <summary>Updates the switch with an observation.</summary>
    /// <param name="fill">The share of the memory limit that is taken.</param>
    /// <param name="hasWaiters">Whether records wait for memory.</param>
    /// <param name="flows">Whether records were delivered since the last observation, or there are none to deliver.</param>
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
