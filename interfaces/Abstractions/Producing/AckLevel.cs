namespace Orleans.Kpl;

/// <summary>When a put counts as acknowledged. Use <see cref="AckLevels.IsAtLeast"/> to compare the strength of two levels.</summary>
/// <remarks>The numbers are those of the wire format. They decrease as the level gets stronger: do not compare them.</remarks>
public enum AckLevel
{
    /// <summary>The record is in memory.</summary>
    Accepted = 2,

    /// <summary>The record is in the durable backlog.</summary>
    Persisted = 1,

    /// <summary>Kinesis has the record where its consumers can see it. The default.</summary>
    Delivered = 0,
}

/// <summary>Compares acknowledgement levels, whose numbers are not in order of strength.</summary>
public static class AckLevels
{
    /// <summary>Orders levels from the weakest to the strongest.</summary>
    public static IComparer<AckLevel> ByStrength { get; } = Comparer<AckLevel>.Create(static (x, y) => ((int)y).CompareTo((int)x));

    /// <summary>Returns whether a level promises at least as much as another one.</summary>
    /// <param name="least">The level that it is compared with.</param>
    public static bool IsAtLeast(this AckLevel level, AckLevel least) => (int)level <= (int)least;
}
