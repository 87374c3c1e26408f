namespace Orleans.Kpl.Silos.Owners;

/// <summary>What the owner of a shard says of it.</summary>
/// <param name="Silo">The owner's silo.</param>
/// <param name="Epoch">The number of the owner, on ordered streams; 0 before it has one.</param>
/// <param name="IsOpen">Whether the shard is served there. If not, ask again a little later.</param>
internal sealed record ShardAnswer(SiloId Silo, long Epoch, bool IsOpen);
