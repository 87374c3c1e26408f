using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>Records on their way from a silo's backlog to the stream's manager, which keeps them and gives them their numbers.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.DeadLetterReport")]
internal sealed record DeadLetterReport
{
    /// <summary>Names the report: it is sent again until it is answered, and must not be kept twice.</summary>
    [Id(0)]
    public required Guid ReportId { get; init; }

    /// <summary>The records with their reasons, in the order they came; their numbers are 0.</summary>
    [Id(1)]
    public required ImmutableArray<DeadLetter> Letters { get; init; }

    /// <summary>The silo that set them aside, as Orleans writes its address; null from a silo of an older version.</summary>
    [Id(2)]
    public string? Silo { get; init; }
}
