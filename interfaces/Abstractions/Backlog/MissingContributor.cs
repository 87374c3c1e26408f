using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>One start of a silo whose counts are not in the sum.</summary>
public sealed record MissingContributor
{
    /// <summary>The silo's address as Orleans writes it, unique to this start.</summary>
    public required string Process { get; init; }

    /// <summary>Why its counts are missing.</summary>
    public required MissingContributorState State { get; init; }
}

/// <summary>Says why the counts of a silo are not in the sum.</summary>
public enum MissingContributorState
{
    /// <summary>The silo is shutting down: it accepts no more records, but may still deliver some.</summary>
    [JsonStringEnumMemberName("leaving")]
    Leaving,

    /// <summary>The silo was stopped or lost, and its counts with it.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,
}
