namespace Orleans.Kpl;

/// <summary>The ledger of one stream, and whose counts it is the sum of: each process counts from its start, and what it counted ends with it.</summary>
public sealed record StreamBooks
{
    /// <summary>
    /// The sum over <see cref="Covered"/>; in a tier with the dead letters that its list has, of which some may be of processes that are gone.
    /// </summary>
    public StreamLedger Ledger { get; init; }

    /// <summary>
    /// The process starts that the sum covers: in a tier every silo that takes records, otherwise this process. Empty where a manager of contract version 2
    /// made the sum.
    /// </summary>
    public IReadOnlyList<LedgerContributor> Covered { get; init; } = [];

    /// <summary>
    /// Starts of silos that are known and not in the sum, latest first, 100 at most. Of what these accepted only that counts which waited in the backlog: as
    /// accepted, with the silo that has taken it over. Always empty for an embedded producer.
    /// </summary>
    public IReadOnlyList<MissingContributor> NotCovered { get; init; } = [];
}
