using System.Collections.Immutable;

namespace Orleans.Kpl;

/// <summary>A page of a stream's failures.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.FailurePage")]
public sealed record FailurePage
{
    /// <summary>The failures, oldest first; empty when there are no later ones.</summary>
    [Id(0)]
    public required ImmutableArray<StreamFailure> Failures { get; init; }

    /// <summary>The number for the next request: that of the last failure on this page, or the requested number if the page is empty.</summary>
    [Id(1)]
    public long Next { get; init; }

    /// <summary>Whether later failures already exist.</summary>
    [Id(2)]
    public bool HasMore { get; init; }

    /// <summary>The number of failures between the requested number and the first one here that are no longer in the list.</summary>
    [Id(3)]
    public long Missed { get; init; }

    /// <summary>When the list was begun. Numbers of an earlier list have no meaning in this one.</summary>
    [Id(4)]
    public DateTimeOffset Since { get; init; }
}
