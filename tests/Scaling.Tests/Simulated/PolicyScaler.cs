using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>Scales by <see cref="ScalingPolicy"/>.</summary>
internal sealed class PolicyScaler(ScalingOptions options) : IScaler
{
    private readonly ScalingPolicy _policy = new(options);
    private ScalingDecisionKind _last;

    public ScalingState State { get; private set; } = ScalingState.Start;

    /// <summary>Why each change was begun.</summary>
    public List<string> Reasons { get; } = [];

    public ReshardPlan? Decide(SimulatedStream stream)
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
