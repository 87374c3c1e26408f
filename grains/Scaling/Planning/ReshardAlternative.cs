namespace Orleans.Kpl.Scaling.Planning;

/// <summary>Another way to the same number of shards.</summary>
/// <param name="Method">How.</param>
/// <param name="Calls">Calls to Kinesis.</param>
/// <param name="Duration">How long it should take.</param>
/// <param name="MovedShare">Records that change shards, as multiples of the stream's load.</param>
/// <param name="Obstacle">Why it cannot be done now; null where it can.</param>
internal sealed record ReshardAlternative(ReshardMethod Method, int Calls, TimeSpan Duration, double MovedShare, string? Obstacle);
