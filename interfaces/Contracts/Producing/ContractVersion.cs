namespace Orleans.Kpl;

/// <summary>
/// The version of these contracts that a silo speaks, told by <see cref="StreamStatus.ContractVersion"/>. It grows when methods
/// are added, so that a newer caller can find out what an older silo knows. Orleans' own interface versions stay at 0: raising
/// them would move every grain to the first new silo of a rolling upgrade.
/// </summary>
internal static class ContractVersion
{
    /// <summary>What this assembly speaks.</summary>
    public const int Current = 3;
}
