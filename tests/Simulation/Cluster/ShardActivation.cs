using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>A shard that is active on a silo.</summary>
internal sealed class ShardActivation : IShardActivation
{
    private readonly World _world;
    private readonly ShardTable _table;
    private readonly ShardKey _key;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HostedShard? _shard;
    private Task? _ending;

    public ShardActivation(World world, ShardTable table, SiloLife silo, ShardKey key) => (_world, _table, Silo, _key) = (world, table, silo, key);

    public SiloLife Silo { get; }

    /// <summary>Whether it is over, and the shard may be active elsewhere.</summary>
    public bool HasEnded { get; private set; }

    public void Begin(ShardLevel? level)
    {
        if (Silo.HasEnded)
        {
            End(null);
            return;
        }

        _shard = Silo.Node.NewShard(_key, this);
        _ = BeginAsync(_shard, level);
    }

    /// <summary>Asks the shard, when no other call is under way; null where it has ended meanwhile.</summary>
    public async Task<ShardAnswer?> LocateAsync()
    {
        await _begun.Task.ConfigureAwait(false);
        if (_ending is null)
            return _shard!.Locate();
        await _ended.Task.ConfigureAwait(false);
        return null;
    }

    public async Task<bool> MoveAsync(SiloId target)
    {
        await _begun.Task.ConfigureAwait(false);
        if (_ending is null)
            _shard!.Move(target);
        return true;
    }

    void IShardActivation.End() => Soon(moves: false);

    void IShardActivation.Move() => Soon(moves: true);

    /// <summary>Ends the activation; where it moves, the next one begins at once.</summary>
    public Task EndAsync(bool moves) => _ending ??= DeactivateAsync(moves);

    private void Soon(bool moves) => _world.After(TimeSpan.Zero, () => _ = EndAsync(moves), Silo.Process);

    private async Task BeginAsync(HostedShard shard, ShardLevel? level)
    {
        try
        {
            await shard.ActivateAsync(level).ConfigureAwait(false);
            _begun.TrySetResult();
        }
        catch (Exception e)
        {
            // As with a grain: whoever called it is told.
            _begun.TrySetException(e);
            End(null);
        }
    }

    private async Task DeactivateAsync(bool moves)
    {
        await _begun.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // It never began, on a silo that has drained: whoever called it was told.
        if (HasEnded)
            return;
        await _shard!.DeactivateAsync(moves ? "moves" : "ends", CancellationToken.None).ConfigureAwait(false);
        End(moves ? _shard.Level : null, moves);
    }

    private void End(ShardLevel? level, bool moves = false)
    {
        HasEnded = true;
        if (moves)
            _table.Activate(_key, Silo, level);
        _begun.TrySetResult();
        _ended.TrySetResult();
    }
}
