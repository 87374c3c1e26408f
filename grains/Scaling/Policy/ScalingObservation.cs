using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What is seen of a stream when it is decided whether to scale it.</summary>
internal sealed record ScalingObservation
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Every open shard; they cover the hash keys once.</summary>
    public required IReadOnlyList<ShardDemand> Shards { get; init; }

    /// <summary>Asks for all that was observed of one shard; only called for the few that are to be split. Null where nothing was.</summary>
    public required Func<ShardRange, ShardLoadReport?> LoadOf { get; init; }

    public bool IsOnDemand { get; init; }

    /// <summary>Whether the stream is ACTIVE and no reshard of it is running.</summary>
    public bool IsIdle { get; init; } = true;

    /// <summary>What is running by splits and merges that this policy decided: out or in; null where it is anything else.</summary>
    public ScalingDecisionKind? Running { get; init; }

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;
}

/// <summary>A shard and its last complete minutes, newest last; fewer while it is young.</summary>
internal sealed record ShardDemand(ShardRange Range, IReadOnlyList<MinuteCount> Minutes)
{
    /// <summary>The mean utilisation of the last minutes.</summary>
    public double Mean(int minutes)
    {
        var (sum, count) = (0.0, Math.Min(minutes, Minutes.Count));
        for (var i = Minutes.Count - count; i < Minutes.Count; i++)
            sum += Minutes[i].Utilisation;
        return count == 0 ? 0 : sum / count;
    }

    /// <summary>Whether each of the last minutes was above both, by throttles or by demand.</summary>
    public bool IsThrottled(int minutes, double above) => All(minutes, m => m.Throttled > above);

    /// <summary>Whether the demand of each of the last minutes was above.</summary>
    public bool IsOverloaded(int minutes, double above) => All(minutes, m => m.Utilisation > above);

    private bool All(int minutes, Func<MinuteCount, bool> condition)
    {
        if (Minutes.Count < minutes)
            return false;
        for (var i = Minutes.Count - minutes; i < Minutes.Count; i++)
        {
            if (!condition(Minutes[i]))
                return false;
        }

        return true;
    }
}
