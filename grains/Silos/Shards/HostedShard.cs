using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Leases;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Shards;

/// <summary>The one owner of a shard. While it is active, the shard's engine is open in its silo's pipeline; records never pass through it.</summary>
/// <remarks>
/// It does no I/O when it starts: a failure there would cost its callers five seconds. The level of the shard's bucket moves with it,
/// records do not: records that could not be sent in time are routed again, to the new owner. If it is activated on a leaving silo, because
/// another silo did not know yet that it leaves, it moves on to where it belongs. For one activation: its calls come one at a time.
/// </remarks>
internal sealed partial class HostedShard(ShardKey key, IShardActivation activation, ShardServices services)
{
    /// <summary>How long waiting records may still be sent before the shard moves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How long after the loss of a silo a shard's bucket starts empty: the former owner may have used it up until its last moment.</summary>
    private static readonly TimeSpan LossTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MoveOnAfter = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _logger = services.Logger;
    private readonly CancellationTokenSource _stop = new();
    private Task _epoch = Task.CompletedTask;
    private ITimer? _moveOn;
    private StreamPipeline? _stream;
    private bool _isOver;

    /// <summary>The level of the shard's bucket when it was closed: the next owner begins with it. Null where there is none.</summary>
    public ShardLevel? Level { get; private set; }

    /// <summary>Opens the shard's engine. Waits only where the stream was idle and is just being closed.</summary>
    /// <param name="level">The level that the former owner left; null for none.</param>
    /// <param name="cancellationToken">Cancelled when the activation is given up: nobody would close the engine any more.</param>
    public async Task ActivateAsync(ShardLevel? level, CancellationToken cancellationToken = default)
    {
        Level = level;
        // A drained producer creates no new streams, but serves its existing ones until they finish.
        var use = services.Producer.Uses.TryUse(key.Stream);
        if (use is null && !services.Silos.IsLeaving)
            use = await services.Producer.Uses.UseAsync(key.Stream, cancellationToken);
        if (use is { } open)
        {
            // From then on the shard keeps the stream open.
            using (open)
            {
                cancellationToken.ThrowIfCancellationRequested();
                OpenUnlessOver(open.Stream);
            }
        }

        // Not at once: while the shard is still arriving, the silo that it would go back to waits for that arrival.
        if (services.Silos.IsLeaving)
            _moveOn = services.Time.CreateTimer(static a => ((IShardActivation)a!).Move(), activation, MoveOnAfter, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Closes the shard's engine; completes when this silo sends nothing more for the shard.</summary>
    /// <param name="reason">Why, for the log.</param>
    /// <param name="cancellationToken">Ends the wait for records that can still be sent.</param>
    public async Task DeactivateAsync(string reason, CancellationToken cancellationToken)
    {
        if (_moveOn is not null)
            await _moveOn.DisposeAsync();
        if (_stream is not { } stream)
            return;
        // No record may be sent for a shard whose epoch was not taken yet. An epoch that was taken is given back, however far taking it has
        // come.
        var patience = _epoch.IsCompletedSuccessfully ? Task.Delay(Patience, services.Time, cancellationToken) : Task.CompletedTask;
        try
        {
            Level = await stream.Shards.CloseAsync(key.ShardId, patience);
            await _stop.CancelAsync();
            await _epoch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            // A call in flight may take longer than Orleans waits for an activation to end, half a minute. Orleans then begins the next activation here, and
            // the epoch is that one's.
            if (services.Hosted.IsHeldBy(key, activation))
                await services.Epochs.GiveBackAsync(key, stream.Shards.IsOver(key.ShardId), CancellationToken.None);
        }
        finally
        {
            // A drain waits for this.
            services.Hosted.Remove(key, activation);
        }

        LogClosed(key.Stream, key.ShardId, reason);
    }

    /// <summary>Says where the shard is.</summary>
    public ShardAnswer Locate()
    {
        if (_isOver)
            activation.End();
        return new ShardAnswer(services.Silos.Self, services.Epochs.EpochOf(key), _stream is not null || _isOver);
    }

    /// <summary>
    /// Begins to move to another silo; one that is not active any more is ignored. So is a move while an ordered shard waits for its turn: the next
    /// silo would have to wait anew, and the shard be without an owner for as long again. <see cref="ShardMover"/> does not ask for that.
    /// </summary>
    public void Move(SiloId target)
    {
        if (!_epoch.IsCompleted && !services.Silos.IsLeaving)
            return;
        if (!target.Equals(services.Silos.Self) && services.Silos.Owners.Contains(target))
            activation.Move();
    }

    private void OpenUnlessOver(StreamPipeline stream)
    {
        // A caller that asks for a closed shard has an older map, and gets the next one when its records come back.
        _isOver = stream.Shards.IsOver(key.ShardId);
        if (!_isOver)
            Open(stream);
    }

    private void Open(StreamPipeline stream)
    {
        if (Level is null && services.Silos.LastLossAt is { } lost && services.Time.GetElapsedTime(lost) < LossTime)
            Level = ShardLevel.Empty;
        if (services.Epochs.IsNeeded(key.Stream))
            _epoch = TakeAsync(stream);
        _stream = stream;
        // A leaving silo announces it first and then looks for its shards: either it finds this one, or this one sees the announcement. Added before it
        // is opened: from then on the pipeline releases it when it is over. It would keep its epoch, and the owners of the child shards wait for that.
        services.Hosted.Add(key, activation, _epoch);
        stream.Shards.Open(key.ShardId, Level, _epoch);
        LogOpened(key.Stream, key.ShardId);
    }

    /// <summary>Completes when no other silo can be sending for the shard or for its parent shards.</summary>
    private async Task TakeAsync(StreamPipeline stream)
    {
        await services.Parents.ClearAsync(key, c => stream.Shards.ListBeforeAsync(key.ShardId, c), _stop.Token);
        await services.Epochs.TakeAsync(key, c => stream.Shards.IsListedAsync(key.ShardId, c), _stop.Token);
    }

    [LoggerMessage(46, LogLevel.Debug, "{Stream} {Shard} is served here")]
    private partial void LogOpened(string stream, string shard);

    [LoggerMessage(47, LogLevel.Debug, "{Stream} {Shard} is served here no more: {Reason}")]
    private partial void LogClosed(string stream, string shard, string reason);
}

/// <summary>The services that the owners of all shards of a silo share.</summary>
/// <param name="Producer">Has the pipelines of the streams.</param>
/// <param name="Epochs">Numbers the owners of ordered shards.</param>
/// <param name="Parents">Waits for the owners of parent shards.</param>
/// <param name="Time">The clock and the timers.</param>
/// <param name="Logger">Tells which shards are served here.</param>
internal sealed record ShardServices(
    ClusterProducer Producer, LiveSilos Silos, HostedShards Hosted, ShardEpochs Epochs, ParentEpochs Parents, TimeProvider Time, ILogger Logger);
