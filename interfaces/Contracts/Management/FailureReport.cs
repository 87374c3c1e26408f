using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>Failures sent from a silo to the stream's manager, which numbers them.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.FailureReport")]
internal sealed record FailureReport
{
    /// <summary>The failures in the order in which they occurred; their numbers are 0.</summary>
    [Id(0)]
    public required ImmutableArray<StreamFailure> Failures { get; init; }

    /// <summary>The number of failures since the previous report that were too many to be reported.</summary>
    [Id(1)]
    public long LeftOut { get; init; }
}
