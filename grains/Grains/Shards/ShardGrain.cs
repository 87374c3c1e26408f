using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Shards;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>Makes a <see cref="HostedShard"/> the only one in the cluster, and carries its level when it moves.</summary>
[GrainType("kpl-shard"), ShardPlacement, Immovable, KeepAlive]
internal sealed class ShardGrain : Grain, IShardGrain, IGrainMigrationParticipant, IShardActivation
{
    private const string LevelKey = "level";

    private readonly HostedShard _shard;
    private readonly Lock _lock = new();
    private ShardLevel? _level;
    private Action? _onceActive;
    private bool _isActive;

    public ShardGrain(SiloNode node) => _shard = node.NewShard(ShardKey.Parse(this.GetPrimaryKeyString()), this);

    public override Task OnActivateAsync(CancellationToken cancellationToken) => _shard.ActivateAsync(_level, cancellationToken);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _shard.DeactivateAsync($"{reason.ReasonCode}", cancellationToken);

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (_shard.Level is { } level)
            dehydrationContext.TryAddValue(LevelKey, new[] { level.Records, level.Bytes });
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue(LevelKey, out double[]? level) && level is [var records, var bytes])
            _level = new ShardLevel(records, bytes);
    }

    public Task<ShardLocation> Locate()
    {
        OnTurn();
        var (silo, epoch, isOpen) = _shard.Locate();
        return Task.FromResult(new ShardLocation { Silo = silo.ToAddress(), Epoch = epoch, IsOpen = isOpen });
    }

    public Task Move(SiloAddress target)
    {
        OnTurn();
        _shard.Move(target.ToId());
        return Task.CompletedTask;
    }

    void IShardActivation.End() => OnceActive(DeactivateOnIdle);

    void IShardActivation.Move() => OnceActive(MigrateOnIdle);

    /// <summary>
    /// Ends or moves the activation. Orleans calls <see cref="OnDeactivateAsync"/> only of a grain that was active when its end was asked for: before,
    /// the shard would stay open here for ever, with nobody to close it.
    /// </summary>
    private void OnceActive(Action act)
    {
        lock (_lock)
        {
            if (!_isActive)
            {
                _onceActive = act;
                // Its turn comes once the grain is active.
                this.AsReference<IShardGrain>().Locate().Ignore();
                return;
            }
        }

        act();
    }

    /// <summary>Notes that a call is answered, and so that the grain is active.</summary>
    private void OnTurn()
    {
        Action? act;
        lock (_lock)
            (_isActive, act, _onceActive) = (true, _onceActive, null);
        act?.Invoke();
    }
}

/// <summary>Finds the owner of each shard in Orleans' directory of grains.</summary>
internal sealed class ShardGrains(IGrainFactory grains) : IShardDirectory
{
    public async Task<ShardAnswer> LocateAsync(ShardKey shard)
    {
        var location = await Of(shard).Locate().ConfigureAwait(false);
        return new ShardAnswer(location.Silo.ToId(), location.Epoch, location.IsOpen);
    }

    public Task MoveAsync(ShardKey shard, SiloId target) => Of(shard).Move(target.ToAddress());

    private IShardGrain Of(ShardKey shard) => grains.GetGrain<IShardGrain>(shard.ToString());
}

/// <summary>Places shards at their homes: see <see cref="ShardHomes"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("Orleans.Kpl.ShardPlacement")]
internal sealed class ShardPlacement : PlacementStrategy;

/// <summary>Places a grain as <see cref="ShardPlacement"/> says.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <summary>
/// Places shards at their homes. Orleans' own placement goes by the load of a moment ago, so that a thousand shards that start together
/// would land on few silos; and other silos could not compute where a shard will be.
/// </summary>
internal sealed class ShardPlacementDirector(SiloNode node) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        // No hint of Orleans is used: a shard that moves is placed after it has closed, and the silo chosen when the move began may be leaving
        // by then. Its former silo places it, and knows where it was to go.
        var owner = node.Homes.HomeOf(ShardKey.Parse(target.GrainIdentity.Key.ToString()!), [.. compatible.Select(static s => s.ToId())]);
        return Task.FromResult(owner?.ToAddress() ?? compatible[0]);
    }
}
