namespace Orleans.Kpl;

/// <summary>
/// The ledger of one stream, and the process starts that it sums up. Each process counts from its start, and its counts are lost when
/// it ends.
/// </summary>
public sealed record StreamBooks
{
    /// <summary>
    /// The sum over <see cref="Covered"/>. In a tier it includes every dead letter in the stream's list, also those of processes that
    /// no longer run.
    /// </summary>
    public StreamLedger Ledger { get; init; }

    /// <summary>
    /// The process starts in the sum: in a tier every silo that accepts records, otherwise this process.
    /// </summary>
    public IReadOnlyList<LedgerContributor> Covered { get; init; } = [];

    /// <summary>
    /// Known silo starts that are not in the sum, latest first, at most 100. Of the records that such a silo accepted, only those
    /// that waited in the backlog are counted: as accepted, by the silo that took them over. Always empty for an embedded producer.
    /// </summary>
    public IReadOnlyList<MissingContributor> NotCovered { get; init; } = [];
}
