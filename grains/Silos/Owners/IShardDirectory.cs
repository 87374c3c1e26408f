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

/// <summary>The answer of a shard's owner about it.</summary>
/// <param name="Silo">The owner's silo.</param>
/// <param name="Epoch">The number of the owner, on ordered streams; 0 before it has one.</param>
/// <param name="IsOpen">Whether the shard is served there. If not, ask again a little later.</param>
internal sealed record ShardAnswer(SiloId Silo, long Epoch, bool IsOpen);

/// <summary>Holds one shard open on this silo. Its methods return at once and may be called by any thread.</summary>
internal interface IShardActivation
{
    /// <summary>Ends the activation when no call is under way: the shard is closed, or another silo owns it.</summary>
    void End();

    /// <summary>Ends the activation and begins it again on the silo where the shard then belongs, with its level.</summary>
    void Move();
}
