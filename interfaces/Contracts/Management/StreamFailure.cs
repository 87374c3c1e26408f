namespace Orleans.Kpl;

/// <summary>A record that ended without success.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.StreamFailure")]
public sealed record StreamFailure
{
    /// <summary>The failure's number in the stream's list, from 1; later failures have higher numbers.</summary>
    [Id(0)]
    public long Number { get; init; }

    /// <summary>When the record ended.</summary>
    [Id(1)]
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>
    /// The silo that accepted the record, or set it aside from the backlog, as Orleans writes its address. Empty for a record that
    /// was set aside before the stream's manager began.
    /// </summary>
    [Id(2)]
    public required string Silo { get; init; }

    /// <summary>The outcome, with the record, the reason and every attempt.</summary>
    [Id(3)]
    public RecordResult Result { get; init; }
}
