using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Maps.Following;

/// <summary>
/// Creates and retires the engines of a stream, and connects them with the other steps. A Kinesis record that an engine sends goes to the sender; one
/// that leaves the engine for any other reason is routed anew.
/// </summary>
internal sealed class EngineHost
{
    private readonly PipelineSettings _settings;
    private readonly IShardOwners? _owners;
    private readonly EngineServices _engineServices;
    private readonly LockStripes _locks = new();
    private StreamSender _sender = null!;
    private Action<KinesisRecord> _takeApart = null!;
    private Action<ShardEngine> _adopt = null!;

    public EngineHost(PipelineSettings settings, ProducerServices services, IShardOwners? owners, EngineFeatures features)
    {
        _settings = settings;
        _owners = owners;
        _engineServices = new EngineServices(r => _sender.Add(r), r => _takeApart(r), settings, services.Clock, services.Timers) { Features = features };
    }

    /// <summary>
    /// Whether records may be sent though their shards are not known. Not those of an ordered stream in a cluster: other processes may serve the shards,
    /// and only those that know who serves a shard are kept from sending for it at the same time.
    /// </summary>
    public bool MayGoUnpredicted => _owners is null || !_settings.KeepsOrder;

    /// <summary>
    /// Connects the engines with the components that take records from them. These need the shard map, which contains the engines, so the engines are
    /// created first. They send nothing before the first record arrives.
    /// </summary>
    /// <param name="takeApart">Takes a Kinesis record apart and routes its members anew.</param>
    /// <param name="adopt">Is given each engine of a shard that other processes may serve.</param>
    public void Connect(StreamSender sender, Action<KinesisRecord> takeApart, Action<ShardEngine> adopt) =>
        (_sender, _takeApart, _adopt) = (sender, takeApart, adopt);

    /// <summary>Creates an engine. In a cluster, the engine of a shard is closed unless this process serves the shard.</summary>
    public ShardEngine NewEngine(ShardRange range, EngineKind kind)
    {
        var isShared = _owners is not null && kind == EngineKind.Predicted;
        var sharesLock = kind == EngineKind.Predicted && !_settings.KeepsOrder;
        var engine = new ShardEngine(_engineServices, range, kind, isOpen: !isShared, sharesLock ? _locks.Of(range) : null);
        // Also where no shard is known: records that wait for a map keep their order too.
        if (_settings.KeepsOrder)
            engine.Queue = _owners?.NewQueue(engine);
        if (isShared)
            _adopt(engine);
        return engine;
    }

    /// <summary>Takes an engine out of service; the records that it holds are routed anew.</summary>
    public void Retire(ShardEngine engine)
    {
        engine.StepDown();
        if (engine.Kind == EngineKind.Predicted)
            _owners?.Closed(engine.Range.ShardId);
    }
}

/// <summary>
/// The locks of a stream's engines: one for each of 64 equal parts of the hash key space. In a stream of up to 64 even shards each has its
/// own lock; of a thousand shards, some sixteen neighbours share one. Entering and leaving a lock waits for all earlier memory writes,
/// which with a thousand shards are out of the caches. A batch for four hundred shards pays that 64 times.
/// </summary>
internal sealed class LockStripes
{
    private const int Bits = 6;

    private readonly Lock[] _locks = [.. Enumerable.Range(0, 1 << Bits).Select(static _ => new Lock())];

    public Lock Of(ShardRange range) => _locks[(int)(range.StartingHashKey >> (128 - Bits))];
}
