using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline;

/// <summary>Where order matters (<see cref="Ordering.OrderedEngine"/>), an engine has a say in more; this one has none.</summary>
internal partial class ShardEngine
{
    /// <summary>
    /// Takes a Kinesis record apart where its members must keep their places; false where they may go anywhere, and the caller routes
    /// them anew.
    /// </summary>
    public virtual bool TryKeepInPlace(KinesisRecord record) => false;

    /// <summary>A shard took a Kinesis record of this engine. Returns the number that its own should have exceeded and did not.</summary>
    public virtual string? Taken(string shardId, string sequenceNumber) => null;

    /// <summary>A Kinesis record of this engine has ended, one way or another, and its memory is given back.</summary>
    public virtual void Ended(KinesisRecord record)
    {
    }

    /// <summary>Other routes are about to replace those that this engine belongs to; then it is retired.</summary>
    public virtual void SucceededBy(Routes former, Routes next)
    {
    }

    /// <summary>Gives the shard up: what was held is routed anew.</summary>
    public virtual void StepDown()
    {
        foreach (var record in Retire())
            _host.Reroute(record);
    }

    private protected virtual AggregationLimits LimitsNow => Kind == EngineKind.Unpredicted ? StreamSettings.Alone : _settings.Aggregation;

    /// <summary>Nothing is held any more and nothing will be.</summary>
    private protected virtual bool IsOver => IsGivenUp;

    private protected OpenAggregate NewAggregate() => new(LimitsNow, _settings.ContainerKey, _settings.AlwaysWrap, _settings.Numbers?.NewLine());
}
