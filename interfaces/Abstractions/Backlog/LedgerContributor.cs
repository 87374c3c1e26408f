namespace Orleans.Kpl;

/// <summary>One start of a process, and what it counted of a stream since.</summary>
public sealed record LedgerContributor
{
    /// <summary>
    /// A silo's address as Orleans writes it, which no other start has; for an embedded producer the machine's name and the id of the process.
    /// </summary>
    public required string Process { get; init; }

    /// <summary>When it began to count; null for a silo of contract version 2, which does not tell.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its own ledger.</summary>
    public StreamLedger Ledger { get; init; }
}
