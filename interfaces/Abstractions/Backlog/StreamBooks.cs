using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>
/// The ledger of one stream, and the process starts that it sums up. Each process counts from its start, and its counts are lost when it ends.
/// </summary>
public sealed record StreamBooks
{
    /// <summary>
    /// The sum over <see cref="Covered"/>. In a tier it includes every dead letter in the stream's list, also those of processes that no longer run.
    /// </summary>
    public StreamLedger Ledger { get; init; }

    /// <summary>
    /// The process starts in the sum: in a tier every silo that accepts records and answers, otherwise this process.
    /// </summary>
    public IReadOnlyList<LedgerContributor> Covered { get; init; } = [];

    /// <summary>
    /// Known silo starts that are not in the sum: those that do not answer, then the others, each latest first; at most 100. Of the records that such a
    /// silo accepted, only those that waited in the backlog are counted, as accepted by the silo that took them over. Of a silent silo's records none are
    /// counted. Always empty for an embedded producer.
    /// </summary>
    public IReadOnlyList<MissingContributor> NotCovered { get; init; } = [];
}

/// <summary>One start of a process, and its ledger of a stream since that start.</summary>
public sealed record LedgerContributor
{
    /// <summary>
    /// The unique identity of the start: a silo's address as Orleans writes it, or, for an embedded producer, the machine's name and the process id.
    /// </summary>
    public required string Process { get; init; }

    /// <summary>When the process began to count.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The ledger of this process start.</summary>
    public StreamLedger Ledger { get; init; }
}

/// <summary>One start of a silo whose counts are not in the sum.</summary>
public sealed record MissingContributor
{
    /// <summary>The silo's address as Orleans writes it, unique to this start.</summary>
    public required string Process { get; init; }

    /// <summary>Why its counts are missing.</summary>
    public required MissingContributorState State { get; init; }
}

/// <summary>Says why the counts of a silo are not in the sum.</summary>
public enum MissingContributorState
{
    /// <summary>The silo is shutting down: it accepts no more records, but may still deliver some.</summary>
    [JsonStringEnumMemberName("leaving")]
    Leaving,

    /// <summary>The silo was stopped or lost, and its counts with it.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,

    /// <summary>The silo runs as far as the others know, but did not answer: its counts are not known now.</summary>
    [JsonStringEnumMemberName("silent")]
    Silent,
}
