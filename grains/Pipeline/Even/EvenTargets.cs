using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>
/// Gives records whose key means nothing a hash key of the shard that has most tokens. They stay with a shard until its aggregate closes, so that aggregates
/// are full however few records there are.
/// </summary>
/// <param name="settings">How large an aggregate grows.</param>
/// <param name="memory">Is charged for the hash keys. Records of other processes keep the key that they came with: they are charged there.</param>
/// <param name="all">Learns what all shards take together; null where nobody asks.</param>
internal sealed class EvenTargets(RouteTable table, PipelineSettings settings, Random random, MemoryLimit memory, ShardHorizon? all = null)
{
    /// <summary>The bytes of a record in an aggregate beside its key and its data, and of the aggregate itself: about, and rarely more.</summary>
    private const int Framing = 16, Frame = 80;

    /// <summary>The charge for the hash key of a record: its outcome gives back as much more.</summary>
    private static readonly long Charge = RecordValidator.Charge(0, hasExplicitHashKey: true, 0) - RecordValidator.Charge(0, hasExplicitHashKey: false, 0);

    private readonly Lock _lock = new();
    private readonly EvenShards _shards = new(table, random);
    private Routes? _routes;
    private ShardEngine? _target;
    private UInt128 _hashKey;
    private long _bytesLeft;
    private long _recordsLeft;

    /// <summary>Returns a record with a hash key; as it is where it has one, or while no shard is known.</summary>
    public IncomingRecord Aim(in IncomingRecord record)
    {
        if (record.HasExplicitHashKey || record.Member.Sink.Rider is { CountsElsewhere: true })
            return record;
        UInt128 hashKey;
        lock (_lock)
        {
            if (!TryFindTarget())
                return record;
            hashKey = KeyFor(record);
        }

        memory.Charge(Charge, 0);
        return record with { HashKey = hashKey, HasExplicitHashKey = true };
    }

    /// <summary>Gives hash keys to the records of a batch that have none.</summary>
    public void Aim(PreparedBatch batch)
    {
        if (batch.Sink.Rider is { CountsElsewhere: true })
            return;
        var count = 0;
        lock (_lock)
        {
            if (!TryFindTarget())
                return;
            for (var pick = 0; pick < batch.Count; pick++)
            {
                if (batch.IsExplicit(pick))
                    continue;
                batch.GiveHashKey(pick, KeyFor(batch.Record(pick)));
                count++;
            }
        }

        memory.Charge(count * Charge, 0);
    }

    /// <summary>Finds the shard for the records that come now; false while none is known.</summary>
    private bool TryFindTarget()
    {
        _shards.Forget();
        return Stays() || TryChoose();
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
