namespace Orleans.Kpl.Silos.Owners;

/// <summary>Holds one shard open on this silo. Its methods return at once and may be called by any thread.</summary>
internal interface IShardActivation
{
    /// <summary>Ends the activation when no call is under way: the shard is closed, or another silo owns it.</summary>
    void End();

    /// <summary>Ends the activation and begins it again on the silo where the shard then belongs, with its level.</summary>
    void Move();
}
