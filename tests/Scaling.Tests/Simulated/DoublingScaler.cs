using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>
/// An alarm on the whole stream and UpdateShardCount: twice the shards above 80 % for three minutes, half of them below 30 % for an hour, ten
/// calls in 24 hours.
/// </summary>
internal sealed class DoublingScaler(int mostShards) : IScaler
{
    private readonly List<double> _usage = [];
    private readonly List<double> _calls = [];

    public ReshardPlan? Decide(SimulatedStream stream)
    {
        _usage.Add(stream.Shards.Sum(s => s.Minutes[^1].Utilisation) / stream.Shards.Count);
        _calls.RemoveAll(c => c <= stream.Minute - (24 * 60));
        if (stream.IsUpdating || _usage.Count < 3 || _calls.Count >= ReshardQuotas.UpdateShardCountsPerDay)
            return null;
        var isHot = _usage.TakeLast(3).All(u => u > 0.8);
        var isCold = _usage.Count >= 60 && _usage.TakeLast(60).All(u => u < 0.3);
        var count = stream.Shards.Count;
        var target = isHot ? Math.Min(mostShards, 2 * count) : isCold ? (count + 1) / 2 : count;
        if (target == count)
            return null;
        _calls.Add(stream.Minute);
        return ReshardPlanner.Default.ToCount(new ReshardContext(new ContiguousShards(stream.Shards.Select(s => s.Range))), target,
            ReshardMethod.UpdateShardCount);
    }

    /// <summary>Utilisation before a change says nothing after it.</summary>
    public void Ended(SimulatedStream stream) => _usage.Clear();
}
