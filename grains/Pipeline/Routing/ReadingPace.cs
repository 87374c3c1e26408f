namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Spreads the readings of a shard map. A few may follow each other at once, as a reshard needs them. After that they come at a steady pace, however
/// many answers contradict the map: a service that keeps routing otherwise than its listing says is not asked for each answer.
/// </summary>
internal sealed class ReadingPace
{
    /// <summary>How many readings may follow each other at once.</summary>
    public const int MostAtOnce = 8;

    /// <summary>How many readings a second may follow.</summary>
    public const int PerSecond = 4;

    private double _left = MostAtOnce;
    private long _at;

    /// <summary>Counts a reading, and returns how long it has to wait.</summary>
    public TimeSpan Next(long now)
    {
        _left = Math.Min(MostAtOnce, _left + (PerSecond * (now - _at) / (double)TimeSpan.TicksPerSecond)) - 1;
        _at = now;
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_left / PerSecond);
    }
}
