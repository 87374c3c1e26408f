using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>Another way to the same number of shards.</summary>
/// <param name="Method">How.</param>
/// <param name="Calls">Calls to Kinesis.</param>
/// <param name="Duration">How long it should take.</param>
/// <param name="MovedShare">Records that change shards, as multiples of the stream's load.</param>
/// <param name="Obstacle">Why it cannot be done now; null where it can.</param>
public sealed record PlanAlternative(
    ReshardMethod Method,
    int Calls,
    [property: JsonPropertyName("duration_seconds"), JsonConverter(typeof(SecondsConverter))] TimeSpan Duration,
    double MovedShare,
    string? Obstacle);
