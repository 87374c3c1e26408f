using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>The state of a stream's durable backlog. In a tier, the sum over its silos.</summary>
public sealed record BacklogStatus
{
    /// <summary>Records that wait for delivery.</summary>
    public long Records { get; init; }

    /// <summary>Segments that hold these records.</summary>
    public long Segments { get; init; }

    /// <summary>The compressed size of these segments in the store, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>How long the oldest record has been waiting; zero when the backlog is empty.</summary>
    [JsonPropertyName("oldest_age_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan OldestAge { get; init; }

    /// <summary>Whether new records go to the backlog now instead of to memory (HighWaterMode Spill).</summary>
    public bool IsSpilling { get; init; }

    /// <summary>Why the store is currently unusable; null when it works.</summary>
    public string? StoreError { get; init; }

    /// <summary>Dead letters: records that were set aside.</summary>
    public long DeadLetters { get; init; }

    /// <summary>
    /// Segments that could not be read and were moved aside: since the process started and, where the backlog is in files, those that still lie there
    /// from before.
    /// </summary>
    public long DamagedSegments { get; init; }

    /// <summary>DynamoDB write units used since the process started, without those of dead letters; 0 for files.</summary>
    public double WriteUnits { get; init; }

    /// <summary>The cost of <see cref="WriteUnits"/> in US dollars, at <see cref="BacklogOptions.WriteUnitPrice"/>; 0 for files.</summary>
    public double Cost { get; init; }
}
