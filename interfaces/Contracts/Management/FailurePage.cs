using System.Collections.Immutable;

namespace Orleans.Kpl;

/// <summary>Some of a stream's failures.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.FailurePage")]
public sealed record FailurePage
{
    /// <summary>The failures, oldest first; empty when there are no newer ones.</summary>
    [Id(0)]
    public required ImmutableArray<StreamFailure> Failures { get; init; }

    /// <summary>What to ask for next: the number of the last failure here, or what was asked for where there is none.</summary>
    [Id(1)]
    public long Next { get; init; }

    /// <summary>Whether there are newer ones already.</summary>
    [Id(2)]
    public bool HasMore { get; init; }

    /// <summary>Failures between what was asked for and the first one here that the list does not hold any more.</summary>
    [Id(3)]
    public long Missed { get; init; }

    /// <summary>Since when the list is kept. Numbers of an earlier list mean nothing in this one.</summary>
    [Id(4)]
    public DateTimeOffset Since { get; init; }
}
