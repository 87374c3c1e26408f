using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>
/// The one owner of a shard. While it is active, the shard's engine is open in its silo's pipeline; records never pass through the grain.
/// </summary>
/// <remarks>
/// It does no I/O when it starts: a failure there would cost its callers five seconds. The level of the shard's bucket moves with it,
/// records do not: records that could not be sent in time are routed again, to the new owner. If it is activated on a leaving silo, because
/// another silo did not know yet that it leaves, it moves on to where it belongs.
/// </remarks>
[GrainType("kpl-shard"), ShardPlacement, Immovable, KeepAlive]
internal sealed partial class ShardGrain(
    ClusterProducer producer, LiveSilos silos, HostedShards hosted, ShardEpochs epochs, ParentEpochs parents, TimeProvider time, ILogger<ShardGrain> logger)
    : Grain, IShardGrain, IGrainMigrationParticipant
{
    /// <summary>How long waiting records may still be sent before the shard moves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long after the loss of a silo a shard's bucket starts empty: the former owner may have used it up until its last moment.
    /// </summary>
    private const long LossMilliseconds = 10_000;

    private static readonly TimeSpan MoveOnAfter = TimeSpan.FromMilliseconds(100);

    private const string LevelKey = "level";

    private readonly CancellationTokenSource _stop = new();
    private ShardKey _key;
    private ShardLevel? _level;
    private Task _epoch = Task.CompletedTask;
    private bool _isOpen;
    private bool _isOver;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = ShardKey.Parse(this.GetPrimaryKeyString());
        // A drained producer creates no new streams, but serves its existing ones until they finish.
        var stream = producer.Find(_key.Stream) ?? (silos.IsLeaving ? null : producer.GetStream(_key.Stream));
        // A caller that asks for a closed shard has an older map, and gets the next one when its records come back.
        _isOver = stream is not null && stream.Shards.IsOver(_key.ShardId);
        if (stream is not null && !_isOver)
            Open(stream);
        // Not at once: while the grain is still arriving, the silo that it would go back to waits for that arrival.
        if (silos.IsLeaving)
            this.RegisterGrainTimer(MoveOn, new GrainTimerCreationOptions(MoveOnAfter, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (!_isOpen)
            return;
        // No record may be sent for a shard whose epoch was not taken yet. An epoch that was taken is given back, however far taking it has
        // come.
        var patience = _epoch.IsCompletedSuccessfully ? Task.Delay(Patience, time, cancellationToken) : Task.CompletedTask;
        try
        {
            if (producer.Find(_key.Stream) is { } stream)
                _level = await stream.Shards.CloseAsync(_key.ShardId, patience);
            await _stop.CancelAsync();
            await _epoch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await epochs.GiveBackAsync(_key, CancellationToken.None);
        }
        finally
        {
            // A drain waits for this.
            hosted.Remove(_key, DeactivateOnIdle);
        }

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
        return Task.FromResult(new ShardLocation { Silo = silos.Self, Epoch = epochs.EpochOf(_key), IsOpen = _isOpen || _isOver });
    }

    public Task Move(SiloAddress target)
    {
        if (!target.Equals(silos.Self) && silos.Owners.Contains(target))
            MigrateOnIdle();
        return Task.CompletedTask;
    }

    private void Open(StreamPipeline stream)
    {
        if (_level is null && Environment.TickCount64 - silos.LastLossAt < LossMilliseconds)
            _level = ShardLevel.Empty;
        if (epochs.IsNeeded(_key.Stream))
            _epoch = TakeAsync(stream);
        stream.Shards.Open(_key.ShardId, _level, _epoch);
        _isOpen = true;
        // A leaving silo announces it first and then looks for its shards: either it finds this one, or this grain sees the announcement.
        hosted.Add(_key, DeactivateOnIdle);
        LogOpened(_key.Stream, _key.ShardId);
        // The shard was closed before it could be released: the grain would keep its epoch, and the owners of the child shards would wait
        // for that.
        if (stream.Shards.IsOver(_key.ShardId))
            DeactivateOnIdle();
    }

    /// <summary>Completes when no other silo can be sending for the shard or for its parent shards.</summary>
    private async Task TakeAsync(StreamPipeline stream)
    {
        await parents.ClearAsync(_key, c => stream.Shards.ListBeforeAsync(_key.ShardId, c), _stop.Token);
        await epochs.TakeAsync(_key, _stop.Token);
    }

    private Task MoveOn(CancellationToken cancellationToken)
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    [LoggerMessage(70, LogLevel.Debug, "{Stream} {Shard} is served here")]
    private partial void LogOpened(string stream, string shard);

    [LoggerMessage(71, LogLevel.Debug, "{Stream} {Shard} is served here no more: {Reason}")]
    private partial void LogClosed(string stream, string shard, DeactivationReasonCode reason);
}
