using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Keeps one activation of each shard, as Orleans' directory of grains does.</summary>
internal sealed class WorldDirectory(NodeWorld world)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ShardKey, Activation> _active = [];
    private int _refused;

    /// <summary>Whether each move fails at once.</summary>
    public bool RefusesMoves { get; set; }

    /// <summary>How many moves have failed.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public IShardDirectory For(WorldSilo silo) => new View(this, silo);

    /// <summary>The activations of a silo are gone with it.</summary>
    public void Lose(WorldSilo silo)
    {
        lock (_lock)
        {
            foreach (var (shard, activation) in _active.ToList())
            {
                if (activation.Silo == silo)
                    _active.Remove(shard);
            }
        }
    }

    private Activation ActivationOf(ShardKey shard, WorldSilo caller, ShardLevel? level = null)
    {
        lock (_lock)
        {
            if (_active.TryGetValue(shard, out var activation))
                return activation;
            var owner = caller.Node.Homes.HomeOf(shard, [.. world.Silos.Select(static s => s.Id)]);
            return _active[shard] = new Activation(this, world.Find(owner ?? caller.Id)!, shard, level);
        }
    }

    private void Remove(Activation activation)
    {
        lock (_lock)
        {
            if (_active.GetValueOrDefault(activation.Key) == activation)
                _active.Remove(activation.Key);
        }
    }

    private sealed class View(WorldDirectory directory, WorldSilo caller) : IShardDirectory
    {
        public Task<ShardAnswer> LocateAsync(ShardKey shard) => CallAsync(shard, static s => s.Locate());

        public Task MoveAsync(ShardKey shard, SiloId target)
        {
            if (directory.RefusesMoves)
            {
                Interlocked.Increment(ref directory._refused);
                throw new InvalidOperationException("simulated: the shard cannot move");
            }

            return CallAsync(shard, s =>
            {
                s.Move(target);
                return true;
            });
        }

        private async Task<T> CallAsync<T>(ShardKey shard, Func<HostedShard, T> call)
        {
            while (true)
            {
                var (isDone, result) = await directory.ActivationOf(shard, caller).CallAsync(call);
                if (isDone)
                    return result!;
            }
        }
    }

    /// <summary>Calls wait for each other, and those that come while it ends are for the next one.</summary>
    private sealed class Activation : IShardActivation
    {
        private readonly WorldDirectory _directory;
        private readonly HostedShard _shard;
        private readonly SemaphoreSlim _turn = new(1);
        private readonly ShardLevel? _level;
        private bool _isActive;
        private bool _isOver;
        private int _ending;

        public Activation(WorldDirectory directory, WorldSilo silo, ShardKey key, ShardLevel? level)
        {
            (_directory, Silo, Key, _level) = (directory, silo, key, level);
            _shard = silo.Node.NewShard(key, this);
        }

        public WorldSilo Silo { get; }

        public ShardKey Key { get; }

        public async Task<(bool IsDone, T? Result)> CallAsync<T>(Func<HostedShard, T> call)
        {
            await _turn.WaitAsync();
            try
            {
                if (_isOver)
                    return default;
                await ActivateAsync();
                return (true, call(_shard));
            }
            finally
            {
                _turn.Release();
            }
        }

        public void End() => EndOnce(isMoving: false);

        public void Move() => EndOnce(isMoving: true);

        private async Task ActivateAsync()
        {
            if (_isActive)
                return;
            _isActive = true;
            await _shard.ActivateAsync(_level);
        }

        private void EndOnce(bool isMoving)
        {
            if (Interlocked.Exchange(ref _ending, 1) == 0)
                _ = EndAsync(isMoving);
        }

        /// <summary>It has its place in the line when this returns: calls from then on are behind it.</summary>
        private async Task EndAsync(bool isMoving)
        {
            await _turn.WaitAsync();
            await Task.Yield();
            await _shard.DeactivateAsync("test", CancellationToken.None);
            _isOver = true;
            _directory.Remove(this);
            _turn.Release();
            if (isMoving)
                await _directory.ActivationOf(Key, Silo, _shard.Level).CallAsync(static s => s.Locate());
        }
    }
}
