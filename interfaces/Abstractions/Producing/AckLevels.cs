namespace Orleans.Kpl;

/// <summary>Compares acknowledgement levels, whose numbers are not in order of strength.</summary>
public static class AckLevels
{
    /// <summary>Orders levels from the weakest to the strongest.</summary>
    public static IComparer<AckLevel> ByStrength { get; } = Comparer<AckLevel>.Create(static (x, y) => ((int)y).CompareTo((int)x));

    /// <summary>Returns whether a level promises at least as much as another one.</summary>
    /// <param name="level">The level.</param>
    /// <param name="least">The level that it is compared with.</param>
    public static bool IsAtLeast(this AckLevel level, AckLevel least) => (int)level <= (int)least;
}
