using System.Collections.Immutable;

namespace Orleans.Kpl;

/// <summary>A page of a stream's failures.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.FailurePage")]
public sealed record FailurePage
{
    /// <summary>The failures, oldest first; empty when there are no later ones.</summary>
    [Id(0)] public required ImmutableArray<StreamFailure> Failures { get; init; }

    /// <summary>The number for the next request: that of the last failure on this page; on the last page that of the latest failure.</summary>
    [Id(1)] public long Next { get; init; }

    /// <summary>Whether later failures already exist.</summary>
    [Id(2)] public bool HasMore { get; init; }

    /// <summary>How many failures after the requested number, up to <see cref="Next"/>, are not in the list, or no longer.</summary>
    [Id(3)] public long Missed { get; init; }

    /// <summary>When the list was begun. Numbers of an earlier list have no meaning in this one.</summary>
    [Id(4)] public DateTimeOffset Since { get; init; }
}

/// <summary>A record that ended without success.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamFailure")]
public sealed record StreamFailure
{
    /// <summary>The failure's number in the stream's list, from 1; later failures have higher numbers.</summary>
    [Id(0)] public long Number { get; init; }

    /// <summary>When the record ended.</summary>
    [Id(1)] public DateTimeOffset EndedAt { get; init; }

    /// <summary>
    /// The silo that accepted the record, or set it aside from the backlog, as Orleans writes its address. Empty for a record that
    /// was set aside before the stream's manager began.
    /// </summary>
    [Id(2)] public required string Silo { get; init; }

    /// <summary>The outcome, with the record, the reason and every attempt.</summary>
    [Id(3)] public RecordResult Result { get; init; }
}
