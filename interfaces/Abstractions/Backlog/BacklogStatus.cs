using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>What waits in the durable backlog of a stream. In a tier, the sum over its silos.</summary>
public sealed record BacklogStatus
{
    /// <summary>Records that wait for their delivery.</summary>
    public long Records { get; init; }

    /// <summary>Segments that hold them.</summary>
    public long Segments { get; init; }

    /// <summary>Bytes that these segments take in the store, compressed.</summary>
    public long Bytes { get; init; }

    /// <summary>How long the oldest record has been waiting; zero where none is.</summary>
    [JsonPropertyName("oldest_age_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan OldestAge { get; init; }

    /// <summary>Whether new records go to the backlog now instead of to memory (HighWaterMode Spill).</summary>
    public bool IsSpilling { get; init; }

    /// <summary>Why the store cannot be used at the moment; null where it can.</summary>
    public string? StoreError { get; init; }

    /// <summary>Records that were set aside.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Segments that could not be read and were moved out of the way, since the process started.</summary>
    public long DamagedSegments { get; init; }

    /// <summary>DynamoDB write units used since the process started; 0 for files.</summary>
    public double WriteUnits { get; init; }

    /// <summary>What these cost at <c>Backlog:WriteUnitPrice</c>; 0 for files.</summary>
    public double Cost { get; init; }
}
