using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>One start of a silo whose counts are not in the books.</summary>
/// <param name="Process">Its address as Orleans writes it, which no other start has.</param>
/// <param name="State">Why it is not in them.</param>
public sealed record UncoveredProcess(string Process, UncoveredState State);

/// <summary>Why the counts of a silo are not in the books.</summary>
public enum UncoveredState
{
    /// <summary>It is on its way out: it takes no records any more and may still deliver some.</summary>
    [JsonStringEnumMemberName("leaving")]
    Leaving,

    /// <summary>It was stopped or lost, and its counts with it.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,
}
