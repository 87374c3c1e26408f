using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Limiting;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Determines how large an aggregate may grow while another one is in flight: as much as the shard takes in half a second. Where one and a
/// half round trips take longer, it is as much as the shard takes in that time, so that one record in flight at a time uses the whole
/// shard. It is not more, because a record of a whole second's worth would only fit into a shard that has been idle for as long. Guarded by
/// its engine's lock.
/// </summary>
internal sealed class RoundTripGrowth
{
    private const double Least = TimeSpan.TicksPerSecond / 2.0;
    private const double RoundTrips = 1.5;
    private const double Weight = 1 / 8.0;

    private double _roundTrip;

    /// <summary>How long a round trip takes, in ticks, as seen lately; 0 before the first one.</summary>
    public long RoundTrip => (long)_roundTrip;

    public void OnRoundTrip(long ticks) => _roundTrip = _roundTrip == 0 ? ticks : _roundTrip + (ticks - _roundTrip) * Weight;

    /// <summary>
    /// Returns the limit now, within the given one. It changes in steps of an eighth of a second, so that builders are rarely replaced.
    /// </summary>
    public AggregationLimits Limit(ShardLimits shard, AggregationLimits most)
    {
        var time = Math.Max(Least, Math.Ceiling(RoundTrips * _roundTrip / (Least / 4)) * (Least / 4));
        var bytes = Math.Min(shard.BytesPerTick * time, most.MaxSize);
        return most with { MaxSize = (int)bytes };
    }
}
