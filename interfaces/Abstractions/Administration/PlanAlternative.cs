using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>Another way to the same number of shards.</summary>
public sealed record PlanAlternative
{
    /// <summary>How the shards are changed.</summary>
    public required ReshardMethod Method { get; init; }

    /// <summary>Calls to Kinesis.</summary>
    public int Calls { get; init; }

    /// <summary>How long it should take.</summary>
    [JsonPropertyName("duration_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>Records that change shards, as multiples of the stream's load.</summary>
    public double MovedShare { get; init; }

    /// <summary>Why it cannot be done now; null where it can.</summary>
    public string? Obstacle { get; init; }
}
