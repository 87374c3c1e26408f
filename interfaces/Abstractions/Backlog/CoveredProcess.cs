namespace Orleans.Kpl;

/// <summary>One start of a process, and what it counted of a stream since.</summary>
/// <param name="Process">A silo's address as Orleans writes it, which no other start has; for an embedded producer the machine's name and the id of the process.</param>
/// <param name="StartedAt">When it began to count; null for a silo of contract version 2, which does not tell.</param>
/// <param name="Ledger">Its own books.</param>
public sealed record CoveredProcess(string Process, DateTimeOffset? StartedAt, StreamLedger Ledger);
