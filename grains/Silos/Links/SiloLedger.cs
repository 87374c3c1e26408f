namespace Orleans.Kpl.Silos.Links;

/// <summary>One silo's ledger of one stream, and its backlog with the logs that it took over.</summary>
internal sealed class SiloLedger
{
    public StreamLedger Ledger { get; init; }

    public BacklogStatus Backlog { get; init; } = new();

    /// <summary>When the silo began to count.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Returns the sum of the backlogs of all silos.</summary>
    public static BacklogStatus Sum(IEnumerable<SiloLedger> silos) =>
        silos.Select(static s => s.Backlog).Aggregate(new BacklogStatus(), static (sum, one) => new BacklogStatus
    {
        Records = sum.Records + one.Records,
        Segments = sum.Segments + one.Segments,
        Bytes = sum.Bytes + one.Bytes,
        OldestAge = sum.OldestAge > one.OldestAge ? sum.OldestAge : one.OldestAge,
        IsSpilling = sum.IsSpilling || one.IsSpilling,
        StoreError = sum.StoreError ?? one.StoreError,
        DeadLetters = sum.DeadLetters + one.DeadLetters,
        DamagedSegments = sum.DamagedSegments + one.DamagedSegments,
        WriteUnits = sum.WriteUnits + one.WriteUnits,
        Cost = sum.Cost + one.Cost,
    });
}
