using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>
/// Gives records whose key means nothing a hash key of the shard that has most tokens. They stay with a shard until its aggregate closes, so that aggregates
/// are full however few records there are.
/// </summary>
/// <param name="table">Has the engines in force.</param>
/// <param name="settings">How large an aggregate grows.</param>
/// <param name="random">Draws hash keys.</param>
/// <param name="all">Learns what all shards take together; null where nobody asks.</param>
internal sealed class EvenTargets(RouteTable table, PipelineSettings settings, Random random, ShardHorizon? all = null)
{
    /// <summary>The bytes of a record in an aggregate beside its key and its data, and of the aggregate itself: about, and rarely more.</summary>
    private const int Framing = 16, Frame = 80;

    private readonly Lock _lock = new();
    private readonly EvenShards _shards = new(table, random);
    private Routes? _routes;
    private ShardEngine? _target;
    private UInt128 _hashKey;
    private long _bytesLeft;
    private long _recordsLeft;

    /// <summary>Gives a record a hash key. False where no shard is known.</summary>
    public bool TryAim(in IncomingRecord record, out UInt128 hashKey)
    {
        lock (_lock)
        {
            hashKey = default;
            _shards.Forget();
            if (!Stays() && !TryChoose())
                return false;
            hashKey = KeyFor(record);
            return true;
        }
    }

    /// <summary>Gives hash keys to the records of a batch that have none. Returns to how many.</summary>
    public int Aim(PreparedBatch batch)
    {
        lock (_lock)
        {
            _shards.Forget();
            if (!Stays() && !TryChoose())
                return 0;
            var count = 0;
            for (var pick = 0; pick < batch.Count; pick++)
            {
                if (batch.IsExplicit(pick))
                    continue;
                batch.GiveHashKey(pick, KeyFor(batch.Record(pick)));
                count++;
            }

            return count;
        }
    }

    private UInt128 KeyFor(in IncomingRecord record)
    {
        var bytes = record.PartitionKey.Length + record.Data.Length + Framing;
        if (_bytesLeft < bytes || _recordsLeft < 1)
            TryChoose();
        _bytesLeft -= bytes;
        _recordsLeft--;
        return _hashKey;
    }

    /// <summary>
    /// Whether further records stay with the shard: it is still there, and so is the aggregate that the last ones joined. Where another process serves the
    /// shard, the latter is not known.
    /// </summary>
    private bool Stays()
    {
        if (_target is not { } engine || !ReferenceEquals(_routes, table.Current) || !_shards.Takes(engine))
            return false;
        lock (engine.Lock)
            return !engine.IsOpen || !engine.OpenFor(_hashKey).IsEmpty;
    }

    private bool TryChoose()
    {
        // Read first: where other routes follow meanwhile, the next record sees them.
        _routes = table.Current;
        if (_shards.Best(settings.Aggregation.MaxSize, except: null, out _) is not { } engine)
            return false;
        if (all is not null)
            all.Share = _shards.Share;
        (_target, _hashKey) = (engine, EvenKey.In(engine.Range, random));
        (_recordsLeft, _bytesLeft) = EngineTokens.LeftIn(engine, _hashKey);
        _shards.Give(engine, _bytesLeft);
        _bytesLeft -= Frame;
        return true;
    }
}
