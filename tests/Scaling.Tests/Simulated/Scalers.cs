using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>Something that scales a stream; asked once a minute.</summary>
internal interface IScaler
{
    /// <summary>The reshard to begin now; null for none.</summary>
    ShardPlan? Decide(SimulatedStream stream);

    /// <summary>What was begun has ended.</summary>
    void Ended(SimulatedStream stream);
}

/// <summary>Darkseid: the shard with the most throttles of those throttled more than ten times a minute for three minutes is split in its middle.</summary>
internal sealed class MiddleSplitScaler(int mostShards) : IScaler
{
    public ShardPlan? Decide(SimulatedStream stream)
    {
        if (stream.IsUpdating || stream.Shards.Count >= mostShards)
            return null;
        var worst = stream.Shards
            .Where(s => s.Minutes.Count >= 3 && s.Minutes.TakeLast(3).All(m => m.Throttled > 10) && s.Range.StartingHashKey < s.Range.EndingHashKey)
            .MaxBy(s => s.Minutes[^1].Throttled);
        return worst is null
            ? null
            : ReshardPlanner.Split(new ReshardContext(new ContiguousShards(stream.Shards.Select(s => s.Range))), worst.Range.ShardId,
                SplitPoint.Middle);
    }

    public void Ended(SimulatedStream stream)
    {
    }
}

/// <summary>
/// An alarm on the whole stream and UpdateShardCount: twice the shards above 80 % for three minutes, half of them below 30 % for an hour, ten
/// calls in 24 hours.
/// </summary>
internal sealed class DoublingScaler(int mostShards) : IScaler
{
    private readonly List<double> _usage = [];
    private readonly List<double> _calls = [];

    public ShardPlan? Decide(SimulatedStream stream)
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
        return ReshardPlanner.ToCount(new ReshardContext(new ContiguousShards(stream.Shards.Select(s => s.Range))), target,
            ReshardMethod.UpdateShardCount);
    }

    /// <summary>Utilisation before a change says nothing after it.</summary>
    public void Ended(SimulatedStream stream) => _usage.Clear();
}

/// <summary>Scales by <see cref="ScalingPolicy"/>.</summary>
internal sealed class PolicyScaler(ScalingOptions options) : IScaler
{
    private readonly ScalingPolicy _policy = new(options);
    private ScalingDecisionKind _last;

    public ScalingState State { get; private set; } = ScalingState.Start;

    /// <summary>Why each change was begun.</summary>
    public List<string> Reasons { get; } = [];

    public ShardPlan? Decide(SimulatedStream stream)
    {
        var decision = _policy.Decide(State, Observe(stream));
        if (decision.Kind == ScalingDecisionKind.Stop)
        {
            _last = decision.Kind;
            stream.StopRunning();
        }

        if (decision.Plan is null || decision.IsDryRun)
            return null;
        (State, _last) = (decision.State, decision.Kind);
        Reasons.Add($"minute {stream.Minute}: {decision.Reason}");
        return decision.Plan;
    }

    public void Ended(SimulatedStream stream) => State = State.Ended(stream.Now);

    public ScalingObservation Observe(SimulatedStream stream) => new()
    {
        Now = stream.Now,
        Shards = [.. stream.Shards.Select(s => new ShardDemand(s.Range, s.Minutes))],
        LoadOf = stream.LoadOf,
        IsIdle = !stream.IsUpdating,
        Running = stream is { IsUpdating: true, Running.Method: ReshardMethod.Plan } ? _last : null,
        Quotas = new ReshardQuotas { ShardsLeft = Math.Max(0, options.MaxShards - stream.Shards.Count) },
    };
}
