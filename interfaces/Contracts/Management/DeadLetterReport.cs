using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>Dead letters sent from a silo's backlog to the stream's manager, which stores and numbers them.</summary>
[GenerateSerializer]
[OmitDefaultMemberValues]
[Immutable]
[Alias("Orleans.Kpl.DeadLetterReport")]
internal sealed record DeadLetterReport
{
    /// <summary>Identifies the report: a silo sends it until it is answered, and the manager must not store it twice.</summary>
    [Id(0)]
    public required Guid ReportId { get; init; }

    /// <summary>The records with their reasons, in their original order; their numbers are 0.</summary>
    [Id(1)]
    public required ImmutableArray<DeadLetter> Letters { get; init; }

    /// <summary>The silo that set the records aside, as Orleans writes its address.</summary>
    [Id(2)]
    public required string Silo { get; init; }

    /// <summary>The producer numbers of those letters that have one; null where none has.</summary>
    [Id(3)]
    public DeadLetterNumber[]? Numbers { get; init; }
}
