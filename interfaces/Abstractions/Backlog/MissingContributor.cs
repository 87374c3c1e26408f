using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>One start of a silo whose counts are not in the sum.</summary>
public sealed record MissingContributor
{
    /// <summary>Its address as Orleans writes it, which no other start has.</summary>
    public required string Process { get; init; }

    /// <summary>Why its counts are missing.</summary>
    public required MissingContributorState State { get; init; }
}

/// <summary>Why the counts of a silo are not in the sum.</summary>
public enum MissingContributorState
{
    /// <summary>It is on its way out: it takes no records any more and may still deliver some.</summary>
    [JsonStringEnumMemberName("leaving")]
    Leaving,

    /// <summary>It was stopped or lost, and its counts with it.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,
}
