using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Routing;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>Looks at some of a stream's shards, from a random one on, and finds the best of them. Its caller guards it.</summary>
/// <param name="random">Draws which shard comes first.</param>
/// <param name="onlyHere">Whether only shards that this process serves are looked at.</param>
internal sealed class EvenShards(RouteTable table, Random random, bool onlyHere = false)
{
    /// <summary>How many shards are looked at for one choice. The best of so many is nearly as good as the best of thousands.</summary>
    private const int MostLooks = 16;

    /// <summary>The tokens of shards that other processes serve: their owners limit them.</summary>
    private const double Unlimited = 1e9;

    // The bytes given to shards since the last Forget that have not joined their aggregates yet.
    private readonly Dictionary<ShardEngine, (int Records, long Bytes)> _given = [];

    /// <summary>The tokens of all shards together now, as a multiple of those of one, by those that were looked at last.</summary>
    public double Share { get; private set; }

    /// <summary>Returns the shard with the shortest wait for a Kinesis record, the first of equal ones; null where there is none.</summary>
    /// <param name="except">A shard that is out of the question; null for none.</param>
    /// <param name="wait">The wait, in ticks.</param>
    public ShardEngine? Best(long bytes, ShardEngine? except, out double wait)
    {
        var engines = table.Current.Engines;
        (ShardEngine? best, wait) = (null, double.MaxValue);
        var (share, looked) = (0.0, 0);
        for (int first = engines.Length == 0 ? 0 : random.Next(engines.Length), step = 0; step < engines.Length && looked < MostLooks; step++)
        {
            var engine = engines[(first + step) % engines.Length];
            if (engine == except || !Takes(engine))
                continue;
            looked++;
            var left = EngineTokens.Of(engine);
            if (_given.TryGetValue(engine, out var given))
                left = left with { Records = left.Records - given.Records, Bytes = left.Bytes - given.Bytes };
            share += engine.IsOpen ? left.Share : Unlimited;
            var its = EvenChoice.WaitOf(left, engine.Tokens.Limits, bytes);
            if (best is null || its < wait)
                (best, wait) = (engine, its);
        }

        if (looked > 0)
            Share = share * engines.Length / looked;
        return best;
    }

    /// <summary>Notes that an aggregate's worth goes to a shard, as long as it is not there.</summary>
    public void Give(ShardEngine engine, long bytes)
    {
        var (records, before) = _given.GetValueOrDefault(engine);
        _given[engine] = (records + 1, before + bytes);
    }

    /// <summary>Notes that all that was given is where it belongs.</summary>
    public void Forget() => _given.Clear();

    /// <summary>Whether a shard may be chosen.</summary>
    public bool Takes(ShardEngine engine) =>
        engine.Kind == EngineKind.Predicted && (engine.IsOpen || !onlyHere && engine.State == EngineState.Elsewhere);
}
