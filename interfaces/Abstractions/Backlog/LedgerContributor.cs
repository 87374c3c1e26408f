namespace Orleans.Kpl;

/// <summary>One start of a process, and its ledger of a stream since that start.</summary>
public sealed record LedgerContributor
{
    /// <summary>
    /// The unique identity of the start: a silo's address as Orleans writes it, or, for an embedded producer, the machine's name and
    /// the process id.
    /// </summary>
    public required string Process { get; init; }

    /// <summary>When the process began to count.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The ledger of this process start.</summary>
    public StreamLedger Ledger { get; init; }
}
