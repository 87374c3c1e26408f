using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Scaling.Policy;

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
