using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Runtime;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>
/// The one owner of a shard. While it is active the shard's engine is open in its silo's pipeline; records never pass through it.
/// </summary>
/// <remarks>
/// It does no I/O when it starts: a failure there would cost its callers five seconds. The level of the shard's bucket moves
/// with it, records do not: what could not leave in time is routed anew, to the new owner.
/// </remarks>
[GrainType("kpl-shard"), ShardPlacement, Immovable, KeepAlive]
internal sealed partial class ShardGrain(
    ClusterProducer producer, LiveSilos silos, HostedShards hosted, ShardEpochs epochs, ParentEpochs parents, TimeProvider time, ILogger<ShardGrain> logger)
    : Grain, IShardGrain, IGrainMigrationParticipant
{
    /// <summary>What is held may still leave for so long before the shard moves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After a silo was lost, for so long a shard's bucket starts empty: the former owner may have used it up until its last moment.
    /// </summary>
    private const long LossMilliseconds = 10_000;

    private const string LevelKey = "level";

    private readonly CancellationTokenSource _stop = new();
    private ShardKey _key;
    private ShardLevel? _level;
    private bool _isOver;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = ShardKey.Parse(this.GetPrimaryKeyString());
        if (_level is null && Environment.TickCount64 - silos.LastLossAt < LossMilliseconds)
            _level = ShardLevel.Empty;
        var stream = producer.Of(_key.Stream);
        // Who asked has an older map, and learns of the next one when its records come back.
        _isOver = stream.IsOver(_key.ShardId);
        if (_isOver)
            return Task.CompletedTask;
        stream.OpenShard(_key.ShardId, _level, epochs.IsNeeded(_key.Stream) ? TakeAsync(stream) : Task.CompletedTask);
        hosted.Add(_key, DeactivateOnIdle);
        LogOpened(_key.Stream, _key.ShardId);
        // Closed before anybody could have let it go: it would keep its epoch, and its children's owners would wait for that.
        if (stream.IsOver(_key.ShardId))
            DeactivateOnIdle();
        return Task.CompletedTask;
    }

    /// <summary>Completes when nobody else can be sending for the shard, nor for one that it comes of.</summary>
    private async Task TakeAsync(StreamPipeline stream)
    {
        await parents.ClearAsync(_key, c => stream.ListShardsBeforeAsync(_key.ShardId, c), _stop.Token);
        await epochs.TakeAsync(_key, _stop.Token);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        hosted.Remove(_key);
        await _stop.CancelAsync();
        if (producer.Find(_key.Stream) is { } stream)
            _level = await stream.CloseShardAsync(_key.ShardId, Task.Delay(Patience, time, cancellationToken));
        await epochs.GiveBackAsync(_key, CancellationToken.None);
        LogClosed(_key.Stream, _key.ShardId, reason.ReasonCode);
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (_level is { } level)
            dehydrationContext.TryAddValue(LevelKey, new[] { level.Records, level.Bytes });
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue(LevelKey, out double[]? level) && level is [var records, var bytes])
            _level = new ShardLevel(records, bytes);
    }

    public Task<ShardLocation> Locate()
    {
        if (_isOver)
            DeactivateOnIdle();
        return Task.FromResult(new ShardLocation { Silo = silos.Self, Epoch = epochs.EpochOf(_key), IsOpen = true });
    }

    public Task Move(SiloAddress target)
    {
        if (!target.Equals(silos.Self) && silos.Owners.Contains(target))
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
            MigrateOnIdle();
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(70, LogLevel.Debug, "{Stream} {Shard} is served here")]
    private partial void LogOpened(string stream, string shard);

    [LoggerMessage(71, LogLevel.Debug, "{Stream} {Shard} is served here no more: {Reason}")]
    private partial void LogClosed(string stream, string shard, DeactivationReasonCode reason);
}
