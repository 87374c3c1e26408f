using System.Collections.Immutable;

namespace Orleans.Kpl.Management;

/// <summary>Failures on their way from a silo to the stream's manager, which gives them their numbers.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.FailureReport")]
internal sealed record FailureReport
{
    /// <summary>The failures in the order they came; their numbers are 0.</summary>
    [Id(0)]
    public required ImmutableArray<StreamFailure> Failures { get; init; }

    /// <summary>Failures that came between the report before and this one, and were too many to be told.</summary>
    [Id(1)]
    public long LeftOut { get; init; }
}
