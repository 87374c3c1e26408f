namespace Orleans.Kpl;

/// <summary>
/// The version of these contracts that a silo supports, as reported by <see cref="StreamStatus.ContractVersion"/>. It increases when
/// methods are added, so that a newer caller can detect what an older silo supports.
/// </summary>
/// <remarks>Orleans' own interface versions stay at 0: raising them would move every grain to the first new silo of a rolling upgrade.</remarks>
internal static class ContractVersion
{
    /// <summary>The version that this assembly supports.</summary>
    public const int Current = 5;
}
