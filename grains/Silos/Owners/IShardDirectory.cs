using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Finds the one owner of each shard in the whole cluster. A shard that has none is opened at its home (<see cref="ShardHomes"/>). Both
/// calls may fail with any exception.
/// </summary>
internal interface IShardDirectory
{
    /// <summary>Asks the shard's owner where it is. Waits behind a move that is under way.</summary>
    /// <exception cref="TimeoutException">The owner did not answer, perhaps since it is being closed to move.</exception>
    Task<ShardAnswer> LocateAsync(ShardKey shard);

    /// <summary>
    /// Asks the shard's owner to move to another silo, between two sends. Returns at once. When it has closed, the shard goes to the silo
    /// that it then belongs to, which may be another one.
    /// </summary>
    Task MoveAsync(ShardKey shard, SiloId target);
}
